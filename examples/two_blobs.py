"""Two blobs of light behind a point spread function, fitted three ways.

Simulates an image with known values, finds the maximum a posteriori, samples
the posterior with NUTS and prints the truth beside what was found.
"""

import forwardax as fx
import jax
import numpy as np
from forwardax.testing.toys.blobs import make_blobs


def main() -> None:
    """Simulate, fit, and compare."""
    fx.enable_x64()
    problem = fx.Problem(make_blobs(n_pix=32, noise=0.1))
    truth, data = problem.simulate(jax.random.key(1))
    problem = problem.with_data(data)

    best = fx.fit(problem, "optim.map", key=0)
    print(f"optim.map: {best.verdict}")
    gaussian = fx.fit(problem, "laplace.fisher", key=0)
    print(f"laplace.fisher: {gaussian.verdict}")
    posterior = fx.fit(problem, "numpyro.nuts", key=0)
    print(f"numpyro.nuts: {posterior.verdict}\n")

    summary = posterior.summary()
    print(f"{'':20} {'truth':>9} {'map':>9} {'mean':>9} {'sd':>9}  unit")
    for name, row in summary.items():
        found = float(np.ravel(best[name])[0])
        print(
            f"{name:20} {float(truth[name]):9.3f} {found:9.3f} "
            f"{row['mean']:9.3f} {row['sd']:9.3f}  {row['unit']}"
        )


if __name__ == "__main__":
    main()
