"""What the flow brings along, and when."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
import tfmpe_tokens.flow as flow


def loaded(code):
    code += "; import sys; print(*{m.partition('.')[0] for m in sys.modules})"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_listing_it_imports_neither_jax_nor_flax():
    found = loaded(
        "import tfmpe_tokens.flow; from tfmpe_tokens import plugin; "
        "e = [*plugin.forwardax_estimators(), *plugin.forwardax_plots()]; "
        "assert 'tfmpe.flow' in [i.name for i in e]"
    )
    assert not found & {"jax", "flax", "optax", "diffrax", "matplotlib"}


def test_a_missing_extra_prints_the_line():
    code = (
        "import sys; sys.modules['flax'] = None\n"
        "import tfmpe_tokens.flow as f\n"
        "try: f.FlowEstimator\n"
        "except ImportError as e: print(e)"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert 'pip install "tfmpe-tokens[estimators]"' in done.stdout


def test_the_stub_lists_every_name():
    stub = Path(flow.__file__).with_suffix(".pyi").read_text()
    names = {
        alias.asname
        for node in ast.parse(stub).body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert names == set(dir(flow))
    for name in names:
        assert getattr(flow, name).__doc__


def test_a_misspelt_name():
    with pytest.raises(AttributeError, match="did you mean 'FlowEstimator'"):
        _ = flow.FlowEstimater
