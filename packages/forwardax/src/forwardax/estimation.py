"""What the author of an estimator builds on, in one place.

`Estimator` is the base class and `make_posterior` turns unconstrained draws
into a posterior; the rest is what checks are made of.
"""

from ._diagnostics.circular import circular_mean as circular_mean
from ._diagnostics.circular import circular_sd as circular_sd
from ._diagnostics.diagnostics import e_bfmi as e_bfmi
from ._diagnostics.diagnostics import ess_bulk as ess_bulk
from ._diagnostics.diagnostics import ess_mean as ess_mean
from ._diagnostics.diagnostics import ess_tail as ess_tail
from ._diagnostics.diagnostics import mcse_mean as mcse_mean
from ._diagnostics.diagnostics import mcse_sd as mcse_sd
from ._diagnostics.diagnostics import r_hat as r_hat
from ._diagnostics.psis import psis as psis
from ._fit.estimator import Estimator as Estimator
from ._fit.estimator import Progress as Progress
from ._fit.journal import Chunk as Chunk
from ._fit.journal import Journal as Journal
from ._fit.posterior import Posterior as Posterior
from ._fit.posterior_make import make_posterior as make_posterior
from ._fit.posterior_make import push_draws as push_draws
from ._problem.density import is_valid as is_valid
from ._problem.problem import Problem as Problem
from ._problem.walk import Unfolded as Unfolded
from ._problem.walk import unfold as unfold
from ._schema.address import element_names as element_names
from .contracts import Check as Check
