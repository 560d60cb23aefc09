"""The command line: one verb a module, loaded when it runs.

A plugin adds a verb with a `CommandEntry` whose target is a click command.
Such a command raises `ForwardaxError` for what the user can mend, and returns
an exit code (see `ExitCode`) or nothing.
"""

from ._exit import ExitCode as ExitCode
from ._main import console as console
from ._main import main as main
