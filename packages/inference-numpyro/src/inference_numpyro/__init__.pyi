from ._laplace import Laplace as Laplace
from ._laplace import LaplaceConfig as LaplaceConfig
from ._map import Map as Map
from ._map import MapConfig as MapConfig
from ._named import Direction as Direction
from ._named import NamedCovariance as NamedCovariance
from ._named import degenerate_directions as degenerate_directions
from ._named import named_covariance as named_covariance
from ._nuts import Nuts as Nuts
from ._nuts import NutsConfig as NutsConfig

__version__: str
