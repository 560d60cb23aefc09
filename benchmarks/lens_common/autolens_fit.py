# pyright: reportMissingImports=false
"""A fit of the example's lens with PyAutoLens and Nautilus; tells JSON.

    python -m lens_common.autolens_fit DEMO ANSWER CORES

CORES is 0 for JAX in batches, which is the default of PyAutoLens. Plots and
results on disk are its defaults too; the sampling is also told alone.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from pathlib import Path
from typing import Any

warnings.simplefilter("ignore")

import autofit as af  # noqa: E402
import autolens as al  # noqa: E402
import numpy as np  # noqa: E402

from .autolens_model import make_dataset, make_model  # noqa: E402
from .loop import processor_seconds, versions  # noqa: E402

N_LIVE = 150


class Search(af.Nautilus):
    """Remembers when sampling ended, before results and plots are made."""

    def run(self, ctx: Any) -> Any:
        found = super().run(ctx)
        self.sampled = time.time()
        self.processor = processor_seconds()
        return found


def main(demo: Path, answer: Path, cores: int) -> None:
    dataset, model = make_dataset(demo), make_model()
    analysis = al.AnalysisImaging(dataset=dataset, use_jax=cores == 0)
    search = Search(
        path_prefix="benchmark",
        name="lens",
        n_live=N_LIVE,
        number_of_cores=max(cores, 1),
        seed=0,
    )
    result = search.fit(model=model, analysis=analysis)
    sampler = result.search_internal
    told = {
        "versions": versions("autolens", "nautilus-sampler", "jax", "numpy"),
        "sampled": search.sampled,
        "processor": search.processor,
        "effective": kish(sampler),
        "calls": int(sampler.n_like),
        **moments(sampler, model),
    }
    answer.write_text(json.dumps(told))


def kish(sampler: Any) -> float:
    """Effective number of weighted samples: `(sum w)^2 / sum w^2`."""
    _, log_weights, _ = sampler.posterior()
    weights = np.exp(log_weights - log_weights.max())
    return float(weights.sum() ** 2 / (weights**2).sum())


def moments(sampler: Any, model: Any) -> dict[str, dict[str, float]]:
    """Means and standard deviations by the example's names."""
    points, log_weights, _ = sampler.posterior()
    weights = np.exp(log_weights - log_weights.max())
    mean = np.average(points, axis=0, weights=weights)
    square = np.average((points - mean) ** 2, axis=0, weights=weights)
    names = [_name(path) for path in model.paths]
    return {
        "mean": dict(zip(names, mean.tolist(), strict=True)),
        "sd": dict(zip(names, np.sqrt(square).tolist(), strict=True)),
    }


def _name(path: tuple[str, ...]) -> str:
    """`lens.bulge.centre.y` of `(..., "bulge", "centre", "centre_0")`."""
    name = ".".join(path[1:4])
    return name if len(path) == 4 else f"{name}.{'yx'[int(path[4][-1])]}"


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
