"""Parameters along a search."""

import numpy as np
import pytest
from forwardax.errors import SpecError
from optics_dlux import plot_history, two_plane

pytest.importorskip("matplotlib")

SYSTEM = two_plane(
    **{"m1.zernike.noll": (4, 7), "system.sampling.pupil_npix": 16}
)
KEY = "m1.zernike.coefficients"


@pytest.fixture
def values():
    """Two starts, five steps; the second coefficient is held."""
    lines = np.zeros((2, 5, 2))
    lines[:, :, 0] = [[9, 5, 3, 2, 1], [-9, -4, 0, 1, 1]]
    lines[:, :, 1] = 4.0
    return {KEY: lines, "star.photometry.log_flux": lines[:, :, 0] / 9 + 6}


def test_there_is_a_line_for_each_start_and_the_truth(values):
    figure = plot_history(
        SYSTEM,
        values,
        truth={KEY: [1.5, 4.0]},
        losses=values[KEY][:, :, 0] ** 2,
    )
    shown = {a.get_title(): a for a in figure.axes if a.axison}
    assert list(shown) == [
        "m1.zernike.j4 [nm]",
        "star.photometry.log_flux",
        "loss above the least",
    ]
    first = shown["m1.zernike.j4 [nm]"]
    assert len(first.lines) == 3
    np.testing.assert_array_equal(first.lines[1].get_ydata(), [-9, -4, 0, 1, 1])
    np.testing.assert_array_equal(first.lines[2].get_ydata(), [1.5, 1.5])
    assert first.get_xlabel() == "step"
    assert len(shown["star.photometry.log_flux"].lines) == 2
    assert shown["loss above the least"].get_yscale() == "log"


def test_a_single_one_is_large(values):
    figure = plot_history(SYSTEM, values, names=[KEY])
    assert [a.get_title() for a in figure.axes] == ["m1.zernike.j4 [nm]"]
    assert figure.get_size_inches()[0] == 6.0


@pytest.mark.parametrize("name", ["m1.zernike.j7", "m1.zernike.j44"])
def test_what_is_not_there_is_told(values, name):
    with pytest.raises(SpecError, match="history") as caught:
        plot_history(SYSTEM, values, names=[name])
    assert "m1.zernike.j4" in str(caught.value)
