"""Files are whole or absent."""

import pytest
from forwardax._atomic import atomic
from forwardax.errors import SaveError


def test_the_old_file_stays_until_the_new_one_is_whole(tmp_path):
    path = tmp_path / "one.txt"
    path.write_text("old")
    with path.open() as opened:
        with atomic(path) as part:
            assert part.parent == tmp_path and part.suffix == ".txt"
            part.write_text("new")
            assert path.read_text() == "old"
        assert path.read_text() == "new"
        # Another file took its place; nobody saw it half-written.
        assert opened.read() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["one.txt"]


@pytest.mark.parametrize("error", [OSError(28, "No space left"), KeyError("x")])
def test_a_failure_leaves_the_old_file_alone(tmp_path, error):
    path = tmp_path / "one.txt"
    path.write_text("old")
    kind = SaveError if isinstance(error, OSError) else KeyError
    with pytest.raises(kind), atomic(path) as part:
        part.write_text("half")
        raise error
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["one.txt"]


def test_the_folder_is_made_or_the_reason_told(tmp_path):
    with atomic(tmp_path / "a" / "b" / "one.txt") as part:
        part.write_text("new")
    assert (tmp_path / "a/b/one.txt").read_text() == "new"
    with (
        pytest.raises(SaveError, match="cannot write"),
        atomic(tmp_path / "a/b/one.txt/two.txt"),
    ):
        pass


def test_it_is_as_readable_as_any_other_file(tmp_path):
    (tmp_path / "plain").write_text("x")
    with atomic(tmp_path / "atomic") as part:
        part.write_text("x")
    modes = {path.stat().st_mode for path in tmp_path.iterdir()}
    assert len(modes) == 1
