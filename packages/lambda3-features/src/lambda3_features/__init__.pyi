"""Public names, for type checkers and editors."""

from ._analysis import ManyAnalysis as ManyAnalysis
from ._analysis import PairAnalysis as PairAnalysis
from ._analysis import SeriesAnalysis as SeriesAnalysis
from ._analysis import analyze_many as analyze_many
from ._analysis import analyze_pair as analyze_pair
from ._analysis import analyze_series as analyze_series
from ._bocpd import LevelPrior as LevelPrior
from ._bocpd import OnlineChanges as OnlineChanges
from ._bocpd import OnlineDetector as OnlineDetector
from ._bocpd import bocpd as bocpd
from ._config import FeatureConfig as FeatureConfig
from ._coupling import ConditionalSync as ConditionalSync
from ._coupling import LaggedProbability as LaggedProbability
from ._coupling import conditional_sync as conditional_sync
from ._coupling import event_probability_matrix as event_probability_matrix
from ._coupling import lagged_event_probability as lagged_event_probability
from ._crisis import Crises as Crises
from ._crisis import crisis_score as crisis_score
from ._errors import OptionError as OptionError
from ._errors import SeriesError as SeriesError
from ._events import Events as Events
from ._events import difference_events as difference_events
from ._events import robust_events as robust_events
from ._features import extract_features as extract_features
from ._features import extract_many as extract_many
from ._hierarchy import HierarchicalEvents as HierarchicalEvents
from ._hierarchy import hierarchical_events as hierarchical_events
from ._hierarchy import (
    hierarchical_percentile_events as hierarchical_percentile_events,
)
from ._metrics import covering as covering
from ._metrics import f1_margin as f1_margin
from ._network import Edge as Edge
from ._network import SyncMatrix as SyncMatrix
from ._network import SyncNetwork as SyncNetwork
from ._network import sync_matrix as sync_matrix
from ._network import sync_network as sync_network
from ._network import threshold_network as threshold_network
from ._plots import plot_network as plot_network
from ._plots import plot_posterior as plot_posterior
from ._plots import plot_predictive as plot_predictive
from ._plots import plot_series as plot_series
from ._plots import plot_sync_matrix as plot_sync_matrix
from ._plots import plot_sync_profile as plot_sync_profile
from ._plots import plot_tension as plot_tension
from ._regimes import Regimes as Regimes
from ._regimes import hmm_regimes as hmm_regimes
from ._regimes import kmeans_regimes as kmeans_regimes
from ._report import to_html as to_html
from ._report import to_json as to_json
from ._report import to_markdown as to_markdown
from ._report_sections import Report as Report
from ._report_sections import report as report
from ._resonance import Resonance as Resonance
from ._resonance import TensionCorrelation as TensionCorrelation
from ._resonance import structural_resonance as structural_resonance
from ._resonance import tension_correlation as tension_correlation
from ._rolling import centred_std as centred_std
from ._rolling import multiscale_std as multiscale_std
from ._rolling import trailing_std as trailing_std
from ._save import load as load
from ._save import save as save
from ._scales import Drift as Drift
from ._scales import rolling_change_points as rolling_change_points
from ._scales import scale_breaks as scale_breaks
from ._scales import structural_drift as structural_drift
from ._segmentation import Segmentation as Segmentation
from ._segmentation import binary_segmentation as binary_segmentation
from ._segmentation import pelt as pelt
from ._separation import HierarchicalSeparation as HierarchicalSeparation
from ._separation import Succession as Succession
from ._separation import hierarchical_separation as hierarchical_separation
from ._sync import DynamicSync as DynamicSync
from ._sync import SyncProfile as SyncProfile
from ._sync import dynamic_sync as dynamic_sync
from ._sync import sync_profile as sync_profile
from ._tables import SeriesTable as SeriesTable
from ._tables import read_series as read_series
from ._types import FeatureSet as FeatureSet
from ._validate import validate_series as validate_series

# --- Bayes: names of the models and their results
from .bayes._compare import Comparison as Comparison
from .bayes._compare import FutureScore as FutureScore
from .bayes._compare import compare_models as compare_models
from .bayes._compare import leave_future_out as leave_future_out
from .bayes._fit import fit_many as fit_many
from .bayes._fit import fit_model as fit_model
from .bayes._fit import model_problem as model_problem
from .bayes._results import BatchResults as BatchResults
from .bayes._results import BayesianResults as BayesianResults

# --- end of Bayes

__version__: str
