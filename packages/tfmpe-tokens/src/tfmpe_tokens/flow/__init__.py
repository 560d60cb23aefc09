"""Tokenised flow matching for posterior estimation.

`FlowEstimator` works on tokens, `Flow` (registered as `tfmpe.flow`) on
problems. Names are loaded at first use; they need the extra `estimators`.
"""

from forwardax.lazy import lazy_names

__getattr__, __dir__ = lazy_names(
    __name__, __file__, extra="tfmpe-tokens[estimators]"
)
