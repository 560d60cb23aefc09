from ._blocks import BlockPlan as BlockPlan
from ._blocks import block_plan as block_plan
from ._bridge import layout_of as layout_of
from ._combine import combine as combine
from ._combine import concat as concat
from ._combine import pad_to as pad_to
from ._errors import TokenError as TokenError
from ._errors import TokenWarning as TokenWarning
from ._generate import TokenGenerator as TokenGenerator
from ._generate import generate_static_dataset as generate_static_dataset
from ._key import KeySpec as KeySpec
from ._layout import Layout as Layout
from ._masks import combine_masks as combine_masks
from ._masks import cross_mask as cross_mask
from ._masks import guard_empty_rows as guard_empty_rows
from ._masks import mask_between as mask_between
from ._masks import self_mask as self_mask
from ._model_rules import model_rules as model_rules
from ._nest import Nest as Nest
from ._padding import padding_mask as padding_mask
from ._ragged import bucket_by_size as bucket_by_size
from ._ragged import pack_groups as pack_groups
from ._rules import Rules as Rules
from ._slice_masks import (
    build_cross_attention_mask as build_cross_attention_mask,
)
from ._slice_masks import build_padding_mask as build_padding_mask
from ._slice_masks import build_self_attention_mask as build_self_attention_mask
from ._slice_masks import value_mask as value_mask
from ._slices import decode_pytree as decode_pytree
from ._slices import flatten_functional_inputs as flatten_functional_inputs
from ._slices import flatten_pytree as flatten_pytree
from ._slices import update_flat_array as update_flat_array
from ._tokens import Partition as Partition
from ._tokens import Tokens as Tokens
from ._view import TokenView as TokenView

__version__: str
