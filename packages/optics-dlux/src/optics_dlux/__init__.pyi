from ._facade import SheraThreePlane_Model as SheraThreePlane_Model
from ._legacy import LegacyKeyMap as LegacyKeyMap
from ._many_plane import ManyPlane as ManyPlane
from ._many_plane import four_plane as four_plane
from ._many_plane import four_plane_relay as four_plane_relay
from ._many_plane import three_plane as three_plane
from ._mask import asymmetric_mask as asymmetric_mask
from ._plots.eigenmodes import plot_eigenmodes as plot_eigenmodes
from ._plots.history import plot_history as plot_history
from ._plots.psf import plot_point_spread as plot_point_spread
from ._plots.psf import plot_psf as plot_psf
from ._plots.sweeps import plot_sweep as plot_sweep
from ._plots.sweeps import plot_sweeps as plot_sweeps
from ._plots.wavefronts import plot_wavefronts as plot_wavefronts
from ._pupil import Pupil as Pupil
from ._pupil import transmission as transmission
from ._pupil import zernike_modes as zernike_modes
from ._shims import EigenParams as EigenParams
from ._shims import ModelParams as ModelParams
from ._shims import ParamsProxy as ParamsProxy
from ._two_plane import TwoPlane as TwoPlane
from ._two_plane import two_plane as two_plane
from ._wavefronts import power_law_map as power_law_map

__version__: str
