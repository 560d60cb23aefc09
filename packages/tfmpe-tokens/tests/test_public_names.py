"""What can be imported, and what importing it brings along."""

import subprocess
import sys

import tfmpe_tokens


def fresh(code):
    command = [sys.executable, "-c", code]
    return subprocess.run(
        command, capture_output=True, text=True, check=True
    ).stdout.split()


def test_importing_everything_imports_no_flax():
    code = (
        "import sys, tfmpe_tokens as t; [getattr(t, n) for n in dir(t)];"
        "print(*{m.partition('.')[0] for m in sys.modules})"
    )
    loaded = set(fresh(code))
    assert "jax" in loaded
    assert not loaded & {"flax", "optax", "diffrax", "haiku"}


def test_the_package_alone_does_not_import_jax():
    code = "import sys, tfmpe_tokens; print('jax' in sys.modules)"
    assert fresh(code) == ["False"]


def test_static_parts_need_no_jax_arrays():
    code = (
        "import tfmpe_tokens as t;"
        "l = t.Layout.from_shapes({'a': (2, 1)}, rules={'local': ['a']});"
        "print(t.self_mask(l).sum(), hash(l) == hash(l.with_rules(l.rules)))"
    )
    assert fresh(code) == ["0", "True"]


def test_every_name_says_what_it_is():
    for name in dir(tfmpe_tokens):
        assert getattr(tfmpe_tokens, name).__doc__
