"""When did the Nile change? Events, segments, and a level that moves.

    python examples/nile/level.py

The flow at Aswan, 1871 to 1970, in 10^8 cubic metres a year (public domain).
The first dam there was begun in 1898.
"""

from pathlib import Path

import forwardax as fx
import numpy as np
from lambda3_features import (
    bocpd,
    compare_models,
    extract_features,
    fit_model,
    pelt,
)

fx.enable_x64()
year, volume = np.loadtxt(
    Path(__file__).with_name("nile.csv"), delimiter=",", skiprows=1, unpack=True
)

# No step from one year to the next is larger than noise makes them: the change
# is one of level, which is seen in all the years that follow.
features = extract_features(volume, name="Nile")
print(f"events: {len(features.events())}")
segments = pelt(volume)
first = int(segments.breakpoints[0])
print(f"new level from {year[first]:.0f} on: {segments.levels.round(0)}")
online = bocpd(volume)
print(f"by bocpd: {year[online.segmentation.breakpoints].astype(int)}")

# How large is it, and is it needed? A level that walks at random, with and
# without a jump at that year; all else is integrated exactly.
walk = fit_model(features, model="dynamic", terms=())
jump = fit_model(features, model="dynamic", terms=(), change_points=[first])
mean, sd = jump.mean["jumps[0]"], jump.sd["jumps[0]"]
print(f"jump: {mean:.0f} +- {sd:.0f}; {jump.verdict}")
print(compare_models({"walk": walk, "walk and jump": jump}))
