"""Every package of ours lists at least one entry of each kind it claims."""

import json
import subprocess
import sys

from forwardax._plugins.entries import KINDS

# Kinds by distribution: what each README says the package has.
CLAIMS = {
    "forwardax": {"commands", "plots"},
    "inference-numpyro": {"estimators"},
    "lambda3-features": {"commands", "systems"},
    "lensing-kernels": {"plots", "profiles", "systems"},
    "optics-dlux": {"plots", "presets", "systems", "transforms"},
    "tfmpe-tokens": {"estimators", "plots"},
}


def test_every_claimed_kind_is_listed_and_nothing_else_is():
    found = subprocess.run(
        [sys.executable, "-m", "forwardax", "list", "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    listed = json.loads(found.stdout)
    assert not listed["failures"]
    seen = {(e["distribution"], e["kind"]) for e in listed["entries"]}
    claimed = {(d, kind) for d, kinds in CLAIMS.items() for kind in kinds}
    ours = {(d, kind) for d, kind in seen if d in CLAIMS}
    assert ours == claimed
    assert {kind for _, kind in claimed} <= set(KINDS)
