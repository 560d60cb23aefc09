from ._declare.masks import annulus as annulus
from ._declare.masks import circle as circle
from ._declare.profiles import PROFILES as PROFILES
from ._declare.profiles import Profile as Profile
from ._declare.profiles import from_autolens as from_autolens
from ._declare.profiles import profile as profile
from .imaging import Imaging as Imaging
from .system import LensImaging as LensImaging

__version__: str
