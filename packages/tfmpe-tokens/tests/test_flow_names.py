"""What the flow brings along, and when."""

import subprocess
import sys

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


def test_every_name_says_what_it_is():
    for name in dir(flow):
        assert getattr(flow, name).__doc__
