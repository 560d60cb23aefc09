# pyright: reportMissingImports=false
"""Worker: PyAutoLens' log-likelihood of the example's lens."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Any

warnings.simplefilter("ignore")

import autofit.jax.pytrees as pytrees  # noqa: E402
import autolens as al  # noqa: E402
import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402

from .autolens_model import make_dataset, make_model, vectors  # noqa: E402
from .loop import best_of, serve, time_jax, versions  # noqa: E402


def main(demo: Path) -> None:
    dataset, model = make_dataset(demo), make_model()
    pytrees.enable_pytrees()
    pytrees.register_model(model)
    model.freeze()
    at = vectors(model, demo)
    numpy_analysis = al.AnalysisImaging(dataset=dataset, use_jax=False)
    jax_analysis = al.AnalysisImaging(dataset=dataset, use_jax=True)

    def by_numpy(vector: np.ndarray) -> float:
        instance = model.instance_from_vector(vector, ignore_assertions=True)
        return numpy_analysis.log_likelihood_function(instance)

    def by_jax(vector: Any) -> Any:
        instance = model.instance_from_vector(
            vector, ignore_assertions=True, xp=jnp
        )
        return jax_analysis.log_likelihood_function(instance)

    serve(
        {
            "versions": lambda: versions("autolens", "jax", "numpy"),
            "parameters": lambda: model.prior_count,
            "log likelihood": lambda: [float(by_numpy(v)) for v in at],
            "log likelihood, jax": lambda: [
                float(jax.jit(by_jax)(jnp.asarray(v))) for v in at
            ],
            "value, numpy": lambda: best_of(lambda: by_numpy(at[0])),
            **time_jax(by_jax, jnp.asarray(at[0])),
        }
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
