"""The contracts of forwardax: every record and every protocol.

Read `declare` (what exists), `plan` (what it compiles to) and `protocols`
(what is fitted, by what) in this order; the rest of the package implements
what is written there.

Two kinds of thing never mix. **Static** things (names, structure, families)
are frozen records: hashable, standard library only, part of the compile key.
**Numbers** are pytree leaves and never part of the compile key.

A callable in a record is given as a `"module:attr"` string, so that records
print, hash and load without JAX; a plain function is accepted where the
record never needs to be written to a file.
"""

from .declare import NO_DEFAULT as NO_DEFAULT
from .declare import DataField as DataField
from .declare import DimSize as DimSize
from .declare import NoDefault as NoDefault
from .declare import Numbers as Numbers
from .declare import ParamField as ParamField
from .declare import Prior as Prior
from .declare import Ragged as Ragged
from .declare import Shift as Shift
from .declare import StructureField as StructureField
from .declare import Target as Target
from .declare import Validity as Validity
from .plan import Compute as Compute
from .plan import Draw as Draw
from .plan import Gather as Gather
from .plan import Layout as Layout
from .plan import PriorPlan as PriorPlan
from .plan import Reference as Reference
from .plan import Slot as Slot
from .plan import Step as Step
from .protocols import CAPABILITIES as CAPABILITIES
from .protocols import Check as Check
from .protocols import Estimator as Estimator
from .protocols import HasLinearGaussian as HasLinearGaussian
from .protocols import HasLogLikelihood as HasLogLikelihood
from .protocols import HasPointwise as HasPointwise
from .protocols import HasResiduals as HasResiduals
from .protocols import HasSimulate as HasSimulate
from .protocols import Posterior as Posterior
from .protocols import Problem as Problem
from .protocols import System as System
from .protocols import Trained as Trained
from .protocols import Whitens as Whitens
