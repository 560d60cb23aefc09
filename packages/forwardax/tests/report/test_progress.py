"""Bars are for terminals, and never in the way of anything else."""

import io
import sys

import pytest
from forwardax._run.progress import terminal_progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    return Terminal()


def test_nothing_is_written_off_a_terminal_or_when_quiet(terminal):
    pipe = io.StringIO()
    for options in ({"file": pipe}, {"file": terminal, "quiet": True}):
        with terminal_progress(**options) as progress:
            progress("search", 0, 3)
            progress("search", 3, 3)
    assert pipe.getvalue() == terminal.getvalue() == ""


def test_each_stage_has_a_bar_with_counts(terminal):
    with terminal_progress(file=terminal) as progress:
        progress("warmup", 0, 300)
        progress("warmup", 300, 300)
        progress("sampling", 50, 1000)  # as after a resume
    text = terminal.getvalue()
    assert "warmup" in text and "300/300" in text
    assert "sampling" in text and "50/1000" in text
    # The last thing written takes the bars away: transient.
    assert text.rstrip().endswith("\x1b[2K")


def test_a_stage_without_a_total_or_begun_again_is_fine(terminal):
    with terminal_progress(file=terminal) as progress:
        progress("search", 0, 0)
        progress("search", 4, 8)
        progress("search", 0, 8)
        progress("search", 2, 8)
    assert "2/8" in terminal.getvalue()


def test_standard_output_goes_where_it_was_sent(terminal, monkeypatch):
    pipe = io.StringIO()
    monkeypatch.setattr(sys, "stdout", pipe)
    with terminal_progress(file=terminal) as progress:
        progress("search", 1, 8)
        print("a result")
    assert pipe.getvalue() == "a result\n"
    assert "a result" not in terminal.getvalue()


def test_an_error_passes_and_the_bars_are_gone(terminal):
    with pytest.raises(KeyboardInterrupt):
        with terminal_progress(file=terminal) as progress:
            progress("search", 1, 8)
            raise KeyboardInterrupt
    assert "\x1b[?25h" in terminal.getvalue()  # the cursor is back
