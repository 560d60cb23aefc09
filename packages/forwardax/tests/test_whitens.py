"""A `LinearGaussian` may know its noise better than as a matrix."""

import jax.numpy as jnp
from forwardax import LinearGaussian
from forwardax.contracts import Whitens

PARTS = {
    "keys": ("a",),
    "design": jnp.ones((2, 1)),
    "offset": jnp.zeros(2),
    "noise_scale": jnp.ones(2),
    "prior_mean": jnp.zeros(1),
    "prior_scale": jnp.ones(1),
    "data_key": "y",
}


class Scaled(LinearGaussian):
    """Whitens by itself."""

    def whiten(self, columns):
        return columns / self.noise_scale[:, None]


def test_only_one_that_whitens_says_so():
    assert isinstance(Scaled(**PARTS), Whitens)
    assert not isinstance(LinearGaussian(**PARTS), Whitens)
