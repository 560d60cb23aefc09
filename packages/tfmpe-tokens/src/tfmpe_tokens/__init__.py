"""Structured parameters and data as tokens, with attention masks.

Names are loaded at first use. Nothing here needs flax.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOME = {
    "BlockPlan": "_blocks",
    "KeySpec": "_key",
    "Layout": "_layout",
    "Nest": "_nest",
    "Partition": "_tokens",
    "Rules": "_rules",
    "TokenError": "_errors",
    "TokenGenerator": "_generate",
    "TokenView": "_view",
    "TokenWarning": "_errors",
    "Tokens": "_tokens",
    "block_plan": "_blocks",
    "bucket_by_size": "_ragged",
    "build_cross_attention_mask": "_slice_masks",
    "build_padding_mask": "_slice_masks",
    "build_self_attention_mask": "_slice_masks",
    "combine": "_combine",
    "combine_masks": "_masks",
    "concat": "_combine",
    "cross_mask": "_masks",
    "decode_pytree": "_slices",
    "flatten_functional_inputs": "_slices",
    "flatten_pytree": "_slices",
    "generate_static_dataset": "_generate",
    "guard_empty_rows": "_masks",
    "layout_of": "_bridge",
    "mask_between": "_masks",
    "model_rules": "_model_rules",
    "pack_groups": "_ragged",
    "pad_to": "_combine",
    "padding_mask": "_padding",
    "self_mask": "_masks",
    "update_flat_array": "_slices",
    "value_mask": "_slice_masks",
}


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        from forwardax.errors import nearest

        near = nearest(name, _HOME)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise AttributeError(f"tfmpe_tokens has no {name!r}{hint}")
    value = getattr(import_module(f".{home}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(_HOME)


__version__ = "0.1.0"
