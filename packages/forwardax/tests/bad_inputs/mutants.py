# pyright: reportArgumentType=false, reportCallIssue=false
# pyright: reportIncompatibleMethodOverride=false, reportUnusedExpression=false
# pyright: reportOptionalMemberAccess=false, reportAttributeAccessIssue=false
# The inputs are wrong on purpose.
"""Validators with one of them put out of action: does the table notice?

A validator is a statement of the core that yields, collects, returns or
raises faults. Each is disabled in turn by swapping the code of the function
around it; then those inputs run that reach it, until one is told otherwise.
"""

import ast
import gc
import importlib
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import _lru_cache_wrapper
from pathlib import Path
from types import CodeType, FunctionType

import forwardax
from bad_case import Case, table
from forwardax import errors
from forwardax.testing import observe

FOLDER = Path(forwardax.__file__).parent
ELSEWHERE = (
    "errors",
    "testing",
    "calibration",
    "cli",
    "_plugins.hookspecs",
    "_run",
    "_fit.journal",
)
"""Not here: made of faults, or of folders, with tests of their own."""
MAKERS = {"Fault", "unknown", "wrong_type"}
"""What makes a fault, to begin with; functions that return one join."""
COLLECT = {"append", "extend", "add", "throw"}
SECONDS = 10

Place = tuple[str, int, int]
"""Module, first and last line."""


@dataclass(frozen=True)
class Site:
    """One validator: a statement, in a function, in a module."""

    module: str
    function: str
    line: int
    end: int
    text: str

    def __str__(self) -> str:
        return f"{self.module}.py:{self.line} ({self.function}) {self.text}"


def modules() -> list[str]:
    """Names of the modules of the core that are looked at."""
    names = sorted(map(module_name, FOLDER.rglob("*.py")))
    return [name for name in names if not name.startswith(ELSEWHERE)]


def module_name(path: Path) -> str:
    """Name below the package, such as `_schema.lint`."""
    return ".".join(path.relative_to(FOLDER).with_suffix("").parts)


def parsed(module: str) -> ast.Module:
    return ast.parse(file_of(module).read_text())


def file_of(module: str) -> Path:
    """Source of a module."""
    return FOLDER.joinpath(*module.split(".")).with_suffix(".py")


# --- Finding the validators ---------------------------------------------------


def called(node: ast.AST) -> set[str]:
    """Names of what is called within a node."""
    functions = [n.func for n in ast.walk(node) if isinstance(n, ast.Call)]
    return {
        f.id if isinstance(f, ast.Name) else f.attr
        for f in functions
        if isinstance(f, ast.Name | ast.Attribute)
    }


def functions_of(
    tree: ast.AST, path: str = ""
) -> Iterator[tuple[str, ast.FunctionDef]]:
    """Functions and methods, not those inside of others."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef):
            yield f"{path}{node.name}", node
        elif isinstance(node, ast.ClassDef):
            yield from functions_of(node, f"{path}{node.name}.")


def fault_makers() -> set[str]:
    """Functions that do nothing but make a fault, or an error of one."""
    made = set(MAKERS)
    made |= {n for n, c in vars(errors).items() if isinstance(c, type)}
    for module in modules():
        for _, function in functions_of(parsed(module)):
            last = function.body[-1]
            simple = [
                n for n in ast.walk(function) if isinstance(n, ast.Return)
            ]
            if (
                isinstance(last, ast.Return)
                and len(simple) == 1
                and isinstance(last.value, ast.Call)
                and called(last.value) & MAKERS
            ):
                made.add(function.name)
    return made - {"Faults"}


def inner(node: ast.AST) -> Iterator[ast.stmt]:
    """Statements that have no other statements in them."""
    for child in ast.walk(node):
        if isinstance(child, ast.stmt) and not hasattr(child, "body"):
            yield child


def is_validator(node: ast.stmt, makers: set[str]) -> bool:
    if isinstance(node, ast.Raise):
        return node.exc is not None and bool(called(node.exc) & makers)
    if isinstance(node, ast.AugAssign):
        return bool(called(node.value) & makers)
    if isinstance(node, ast.Return):
        return node.value is not None and bool(called(node.value) & makers)
    if not isinstance(node, ast.Expr):
        return False
    value = node.value
    if isinstance(value, ast.Yield | ast.YieldFrom):
        names = {n.id for n in ast.walk(value) if isinstance(n, ast.Name)}
        return bool(called(value) & makers) or "fault" in names
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
        owner = ast.unparse(value.func.value)
        names = {n.id for n in ast.walk(value) if isinstance(n, ast.Name)}
        known = owner.endswith(("faults", "errors")) or bool(names & makers)
        return value.func.attr in COLLECT and known
    return False


def sites() -> list[Site]:
    """Every validator of the core."""
    makers = fault_makers()
    found: list[Site] = []
    for module in modules():
        for name, function in functions_of(parsed(module)):
            if function.name in makers:
                continue  # its callers are the validators
            for node in inner(function):
                if is_validator(node, makers):
                    text = ast.unparse(node).partition("\n")[0][:70]
                    end = node.end_lineno or node.lineno
                    found.append(Site(module, name, node.lineno, end, text))
    return found


# --- Putting one out of action ------------------------------------------------


class Disable(ast.NodeTransformer):
    """Replaces the statement of a site by one that says nothing."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def generic_visit(self, node: ast.AST) -> ast.AST:
        here = (getattr(node, "lineno", 0), getattr(node, "end_lineno", 0))
        if isinstance(node, ast.stmt) and here == (
            self.site.line,
            self.site.end,
        ):
            return ast.copy_location(silent(node), node)
        return super().generic_visit(node)


def silent(node: ast.stmt) -> ast.stmt:
    if isinstance(node, ast.Return):
        lists = isinstance(node.value, ast.List | ast.ListComp)
        return ast.parse("return []" if lists else "return None").body[0]
    if isinstance(node, ast.Expr) and isinstance(
        node.value, ast.Yield | ast.YieldFrom
    ):
        return ast.parse("yield from ()").body[0]
    return ast.Pass()


def code_objects(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from code_objects(constant)


def live_functions(module: str) -> dict[str, list[FunctionType]]:
    """The functions of a module that exist, by qualified name."""
    name = f"forwardax.{module}"
    found: dict[str, list[FunctionType]] = {}
    for thing in gc.get_objects():
        if isinstance(thing, FunctionType) and thing.__module__ == name:
            found.setdefault(thing.__code__.co_qualname, []).append(thing)
    return found


@contextmanager
def disabled(site: Site) -> Iterator[None]:
    """Within it the validator does nothing."""
    tree = ast.fix_missing_locations(Disable(site).visit(parsed(site.module)))
    path = str(file_of(site.module))
    made = compile(tree, path, "exec")
    (code,) = (c for c in code_objects(made) if c.co_qualname == site.function)
    targets = [
        function
        for function in live_functions(site.module).get(site.function, [])
        if function.__code__.co_freevars == code.co_freevars
        and function.__code__.co_filename == path
    ]
    assert targets, f"no live function for {site}"
    before = [function.__code__ for function in targets]
    for function in targets:
        function.__code__ = code
    forget()
    try:
        yield
    finally:
        for function, old in zip(targets, before, strict=True):
            function.__code__ = old
        forget()


def forget() -> None:
    """Empty the caches of the core: they hold faults already found."""
    lint = importlib.import_module("forwardax._schema.lint")
    for cached in vars(lint).values():
        if isinstance(cached, _lru_cache_wrapper):
            cached.cache_clear()


# --- Trying them --------------------------------------------------------------


def reached(cases: list[Case]) -> dict[tuple[str, int], list[Case]]:
    """Cases by module and line that they run through."""
    found: dict[tuple[str, int], list[Case]] = {}
    folder = str(FOLDER)
    names: dict[str, str] = {}

    def trace(frame, event, _):
        path = frame.f_code.co_filename
        if path not in names:
            inside = path.startswith(folder)
            names[path] = module_name(Path(path)) if inside else ""
        name = names[path]
        if not name:
            return None
        if event == "line":
            seen.add((name, frame.f_lineno))
        return trace

    for case in cases:
        forget()
        seen: set[tuple[str, int]] = set()
        before = sys.gettrace()
        sys.settrace(trace)
        try:
            observe(case)
        finally:
            sys.settrace(before)
        for at in seen:
            found.setdefault(at, []).append(case)
    return found


def notices(case: Case, wanted: list[dict[str, str]]) -> bool:
    """Whether an input is told something else than the table says."""

    def stop(*_: object) -> None:
        raise TimeoutError

    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        return bool(table().wrong(observe(case), wanted))
    except (AssertionError, TimeoutError):
        return True
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def unnoticed(
    chosen: list[Site], tell: Callable[[str], None] = lambda _: None
) -> list[Site]:
    """Validators that no case of the table needs."""
    wanted = table().wanted()
    by_line = reached(list(table().cases.values()))
    found: list[Site] = []
    for site in chosen:
        lines = range(site.line, site.end + 1)
        cases = {
            c.id: c for n in lines for c in by_line.get((site.module, n), [])
        }
        if not cases:
            tell(f"never reached: {site}")
            found.append(site)
            continue
        with disabled(site):
            if not any(
                notices(case, wanted[case.id]) for case in cases.values()
            ):
                tell(f"not noticed by {list(cases)[:5]}: {site}")
                found.append(site)
    return found


if __name__ == "__main__":
    from bad_models import warm_up

    warm_up()
    every = sites()
    print(len(every), "validators")
    print(len(unnoticed(every, print)), "not noticed")
