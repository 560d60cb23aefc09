from ._descent import DescentHistory as DescentHistory
from ._descent import gradient_descent as gradient_descent
from ._eigen import Eigenbasis as Eigenbasis
from ._eigen import eigenbasis as eigenbasis
from ._exact import Exact as Exact
from ._exact import ExactConfig as ExactConfig
from ._exact_batch import ExactBatch as ExactBatch
from ._exact_batch import exact_batch as exact_batch
from ._exact_batch import exact_one as exact_one
from ._exact_moments import ExactMoments as ExactMoments
from ._exact_moments import exact_moments as exact_moments
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
