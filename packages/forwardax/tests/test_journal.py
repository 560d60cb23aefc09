"""The journal of a fit: what is kept, what is dropped, what is refused."""

import errno

import numpy as np
import pytest
from forwardax.errors import FitError, SaveError
from forwardax.estimation import Journal

CHUNKS = [
    ("start", {"x": np.arange(3.0)}),
    ("draws", {"x": np.ones((2, 3)), "flag": np.asarray(True)}),
    ("draws", {"x": np.full((2, 3), np.nan), "name": np.asarray("a b")}),
]


@pytest.fixture
def path(tmp_path):
    """A journal of three chunks."""
    journal = Journal(tmp_path / "chunks")
    journal.bind("one fit")
    for kind, arrays in CHUNKS:
        journal.append(kind, arrays)
    return tmp_path / "chunks"


def reopened(path, owner="one fit"):
    journal = Journal(path)
    journal.bind(owner)
    return journal


def kinds(path):
    return [chunk.kind for chunk in reopened(path)]


def test_what_was_appended_is_read_in_order(path):
    found = list(reopened(path))
    assert [chunk.kind for chunk in found] == ["start", "draws", "draws"]
    for chunk, (_, arrays) in zip(found, CHUNKS, strict=True):
        assert chunk.arrays.keys() == arrays.keys()
        for name, array in arrays.items():
            np.testing.assert_array_equal(chunk.arrays[name], array)
            assert chunk.arrays[name].dtype == array.dtype


def test_going_on_appends_after_the_last(path):
    journal = reopened(path)
    journal.append("late", {"x": np.zeros(1)})
    assert kinds(path) == ["start", "draws", "draws", "late"]


def test_another_fit_is_refused(path):
    with pytest.raises(FitError, match="another fit"):
        reopened(path, "another")
    assert kinds(path) == ["start", "draws", "draws"]


@pytest.mark.parametrize("damage", ["cut", "empty", "flip", "garbage"])
def test_a_damaged_last_chunk_is_dropped(path, damage):
    last = path / "000002.npz"
    spoil(last, damage)
    journal = reopened(path)
    assert [chunk.kind for chunk in journal] == ["start", "draws"]
    journal.append("again", {"x": np.zeros(2)})
    assert kinds(path) == ["start", "draws", "again"]


@pytest.mark.parametrize("damage", ["cut", "empty", "flip", "garbage"])
@pytest.mark.parametrize("number", [0, 1])
def test_an_earlier_damaged_chunk_is_an_error(path, damage, number):
    spoil(path / f"{number:06d}.npz", damage)
    with pytest.raises(SaveError, match=f"00000{number}.npz is damaged"):
        reopened(path)


@pytest.mark.parametrize("number", [0, 1])
def test_a_missing_chunk_is_an_error(path, number):
    (path / f"{number:06d}.npz").unlink()
    with pytest.raises(SaveError, match="out of order"):
        reopened(path)


def test_chunks_in_the_wrong_order_are_an_error(path):
    one, two = path / "000001.npz", path / "000002.npz"
    one.rename(path / "x")
    two.rename(one)
    (path / "x").rename(two)
    with pytest.raises(SaveError, match="it is not chunk 1"):
        reopened(path)


def test_every_single_bit_flip_is_noticed(path):
    first = path / "000000.npz"
    whole = first.read_bytes()
    rng = np.random.default_rng(0)
    for place in rng.choice(8 * len(whole), 300, replace=False):
        spoiled = bytearray(whole)
        spoiled[place // 8] ^= 1 << (place % 8)
        first.write_bytes(spoiled)
        try:
            found = next(iter(reopened(path)))
        except (SaveError, FitError):
            continue
        # Parts of a .npz that carry nothing may change.
        assert found.kind == "start"
        np.testing.assert_array_equal(found.arrays["x"], np.arange(3.0))


def test_an_array_that_was_replaced_is_noticed(path):
    first = path / "000000.npz"
    with np.load(first) as file:
        arrays = {name: file[name] for name in file.files}
    arrays["x"] = arrays["x"] + 1e-12
    np.savez(first, **arrays)  # a sound archive
    with pytest.raises(SaveError, match="wrong checksum of x"):
        reopened(path)


def test_a_full_disk_leaves_what_was_there(path, monkeypatch):
    journal = reopened(path)

    def full(file, **arrays):
        file.write(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(np, "savez", full)
        with pytest.raises(SaveError, match="No space left"):
            journal.append("late", {"x": np.zeros(1)})
    assert len(list(path.iterdir())) == 3
    journal.append("late", {"x": np.zeros(1)})
    assert kinds(path) == ["start", "draws", "draws", "late"]


def test_what_was_being_written_is_swept_away(path):
    (path / ".part.000003.0123.npz").write_bytes(b"half")
    assert len(list(reopened(path))) == 3
    assert not list(path.glob(".part*"))


def test_none_keeps_nothing(tmp_path):
    journal = Journal(None)
    journal.bind("one fit")
    journal.append("start", {"x": np.zeros(1)})
    assert list(journal) == []
    journal.remove()


def test_remove_takes_only_its_own(path):
    (path / "notes.txt").write_text("mine")
    reopened(path).remove()
    assert [p.name for p in path.iterdir()] == ["notes.txt"]
    (path / "notes.txt").unlink()
    reopened(path).remove()
    assert kinds(path) == []


def spoil(path, damage):
    whole = path.read_bytes()
    if damage == "cut":
        path.write_bytes(whole[: len(whole) // 2])
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "garbage":
        path.write_bytes(b"garbage" * 100)
    else:
        spoiled = bytearray(whole)
        # In the data of the first array, behind the headers.
        spoiled[whole.index(b"\x93NUMPY") + 128] ^= 1
        path.write_bytes(spoiled)


def test_python_objects_are_refused(path):
    journal = reopened(path)
    with pytest.raises(ValueError, match="Python objects: x"):
        journal.append("draws", {"x": np.array([{}], object)})
    assert kinds(path) == ["start", "draws", "draws"]
