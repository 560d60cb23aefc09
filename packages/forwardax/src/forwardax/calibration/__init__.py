"""Calibration: whether an estimator is right on a problem.

`calibrate(problem, fit, key)` simulates data sets from the prior, fits each
and tests the posteriors in three ways: ranks (SBC), coverage of intervals,
and expected coverage with random points (TARP). The tests themselves take
plain arrays. Every verdict states its chance of a false alarm, and a fit that
failed means not calibrated.
"""

from ._c2st import c2st as c2st
from ._coverage import CoverageResult as CoverageResult
from ._coverage import coverage as coverage
from ._drivers import (
    Calibration as Calibration,
)
from ._drivers import (
    calibrate as calibrate,
)
from ._drivers import (
    check_coverage as check_coverage,
)
from ._drivers import (
    check_tarp as check_tarp,
)
from ._drivers import (
    judge as judge,
)
from ._drivers import (
    sbc as sbc,
)
from ._predictive import (
    PredictiveResult as PredictiveResult,
)
from ._predictive import (
    posterior_predictive as posterior_predictive,
)
from ._predictive import (
    predictive_check as predictive_check,
)
from ._predictive import (
    prior_predictive as prior_predictive,
)
from ._ranks import (
    chi_square as chi_square,
)
from ._ranks import (
    ecdf_band as ecdf_band,
)
from ._ranks import (
    ranks as ranks,
)
from ._sbc import SBCResult as SBCResult
from ._sbc import rank_test as rank_test
from ._simulate import (
    Simulations as Simulations,
)
from ._simulate import (
    simulate_and_fit as simulate_and_fit,
)
from ._tarp import TARPResult as TARPResult
from ._tarp import tarp as tarp
from ._thin import thin as thin
