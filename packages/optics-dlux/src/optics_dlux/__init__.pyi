from ._plot import plot_psf as plot_psf
from ._pupil import Pupil as Pupil
from ._pupil import transmission as transmission
from ._pupil import zernike_modes as zernike_modes
from ._two_plane import TwoPlane as TwoPlane
from ._two_plane import two_plane as two_plane

__version__: str
