"""The example of the Nile, as a reader runs it."""

import runpy
from pathlib import Path

import pytest

NILE = Path(__file__).parents[4] / "examples" / "nile" / "level.py"


@pytest.mark.slow
def test_the_nile(capsys):
    if not NILE.exists():
        pytest.skip("no examples beside the package")
    runpy.run_path(str(NILE))
    told = capsys.readouterr().out
    assert "events: 0" in told
    assert "from 1899 on: [1098.  850.]" in told
    assert "by bocpd: [1899]" in told
    assert "converged" in told and "not converged" not in told
    # The jump is needed: the walk alone is less probable.
    assert told.index("walk and jump") < told.rindex("walk ")
