"""Some things may be done in one place only; the source is read to see that it stays so.

Each rule names what is looked for and where it may stand. That a rule can fail is shown by
`test_each_rule_finds_what_it_forbids`, which hands it a line that breaks it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("archiver", "config", "connectors", "retention")
Finder = Callable[[ast.AST], bool]


@dataclass(frozen=True, slots=True)
class Rule:
    """`find` is true of a node that does it; `allowed` are path prefixes that may."""

    name: str
    find: Finder
    allowed: tuple[str, ...]
    breach: str  # a line that breaks the rule
    within: tuple[str, ...] = PACKAGES


def _dotted(node: ast.AST) -> str:
    """`a.b.c` of a chain of names, empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        inner = _dotted(node.value)
        return f"{inner}.{node.attr}" if inner else ""
    return ""


def calls(*names: str) -> Finder:
    """A call of one of these dotted names."""
    return lambda node: isinstance(node, ast.Call) and _dotted(node.func) in names


def calls_method(*names: str) -> Finder:
    """A call of a method so called, of whatever object."""
    return lambda node: (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in names
    )


def imports(*modules: str, apart_from: Sequence[str] = ()) -> Finder:
    """An import of one of these modules, of a part of it, or from it; in whatever function."""

    def beneath(name: str, listed: Sequence[str]) -> bool:
        return any(name == each or name.startswith(f"{each}.") for each in listed)

    def found(node: ast.AST) -> bool:
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Call) and _dotted(node.func) in _BY_NAME and node.args:
            given = node.args[0]
            names = [str(given.value)] if isinstance(given, ast.Constant) else []
        else:
            return False
        return any(beneath(name, modules) and not beneath(name, apart_from) for name in names)

    return found


_BY_NAME = ("import_module", "importlib.import_module", "__import__")


def either(*finders: Finder) -> Finder:
    """One of several."""
    return lambda node: any(find(node) for find in finders)


def _broad(node: ast.AST) -> bool:
    """An except that takes everything and does not raise it again."""
    if not isinstance(node, ast.ExceptHandler):
        return False
    kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
    broad = any(each is None or _dotted(each) in ("Exception", "BaseException") for each in kinds)
    raised = [n for n in ast.walk(node) if isinstance(n, ast.Raise)]
    return broad and not any(n.exc is None for n in raised)


RULES = (
    Rule(
        "only the clock asks what time it is",
        either(
            calls(
                "datetime.now", "datetime.utcnow", "datetime.today", "date.today",
                "datetime.datetime.now", "datetime.date.today", "time.time", "time.time_ns",
                "time.localtime", "time.gmtime", "time.strftime", "time.ctime", "time.sleep",
                "time.monotonic", "time.perf_counter",
            ),
            imports("time.time", "time.sleep", "time.monotonic", "time.perf_counter"),
        ),
        # The simulated platforms have a time and delays of their own.
        ("archiver/clock.py", "archiver/demo/"),
        "datetime.now(UTC)",
    ),
    Rule(
        "SQL is in the model only",
        imports("sqlalchemy", "alembic", "sqlite3", "psycopg"),
        ("archiver/model/",),
        "from sqlalchemy import text",
    ),
    Rule(
        "WARC libraries are in warc only",
        imports("warcio", "fastwarc"),
        ("archiver/warc/",),
        "from warcio.warcwriter import WARCWriter",
    ),
    Rule(
        "connections are made by the recorder, by alarms and for time stamps",
        either(
            imports(
                "socket", "ssl", "http.client", "urllib.request", "httpx", "aiohttp", "urllib3",
                "ftplib", "smtplib", "telnetlib", "xmlrpc.client", "asyncio",
                apart_from=["urllib3.exceptions"],
            ),
            calls(
                "requests.get", "requests.post", "requests.put", "requests.delete",
                "requests.head", "requests.request", "requests.Session", "requests.session",
                "Session",
            ),
        ),
        # warc: the recorder. outbound: refuses the others. demo: the platforms' own servers.
        (
            "archiver/warc/", "archiver/outbound.py", "archiver/notify/", "archiver/demo/",
            "archiver/ledger/timestamp.py",
        ),
        "requests.Session()",
    ),
    Rule(
        "connectors start no process and touch no file",
        either(
            imports(
                "subprocess", "shutil", "tempfile", "pathlib", "sqlite3", "os",
                apart_from=["pathlib.PurePosixPath"],
            ),
            calls("open"),
        ),
        (),
        'open("notes.txt")',
        within=("connectors",),
    ),
    Rule(
        "files are removed in seven places only",
        either(
            calls_method("unlink", "rmtree", "rmdir"),
            calls("os.remove", "os.unlink", "os.rmdir", "shutil.rmtree", "shutil.move"),
        ),
        # A second name of a published file; files that were never sealed; spools after a
        # crash; what an executed disposition replaced, with its permit; and the working
        # folder of a production, which holds copies only.
        (
            "archiver/files.py", "archiver/warc/writer.py", "archiver/warc/target.py",
            "archiver/capture/recover.py", "archiver/vault/local.py", "archiver/desk/execution.py",
            "archiver/desk/production_folder.py",
        ),
        "path.unlink()",
    ),
    Rule(
        "everything is caught only at the last fences",
        _broad,
        # The last fence of a command, of a timer's round, and of other people's connectors.
        ("archiver/cli/main.py", "archiver/dispatch/", "connectors/registry.py"),
        "try:\n    work()\nexcept Exception:\n    pass",
    ),
    Rule(
        "only the command line prints",
        either(calls("print", "sys.stdout.write", "sys.stderr.write", "pprint"), imports("rich")),
        # verify.py runs alone, out of a package, by somebody who has no Archiver.
        ("archiver/cli/", "archiver/export/verify.py"),
        'print("done")',
    ),
    Rule(
        "only the wiring makes an archive's parts",
        calls("LocalVault", "Captures", "CredentialStore", "Accounts", "SystemClock"),
        # The demo's command has a clock before there is an archive.
        ("archiver/wiring.py", "archiver/cli/demo.py"),
        "LocalVault(path)",
    ),
)  # fmt: skip


def _sources(folders: Sequence[str]) -> Iterator[tuple[str, ast.AST]]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            yield str(path.relative_to(ROOT)), tree


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_it_is_done_in_its_place_only(rule: Rule) -> None:
    found = [
        f"{path}:{getattr(node, 'lineno', 0)}"
        for path, tree in _sources(rule.within)
        if not path.startswith(rule.allowed)
        for node in ast.walk(tree)
        if rule.find(node)
    ]
    assert found == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_each_rule_finds_what_it_forbids(rule: Rule) -> None:
    assert any(rule.find(node) for node in ast.walk(ast.parse(rule.breach)))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_allowed_place_is_used(rule: Rule) -> None:
    """An exception that nobody needs any more is a hole."""
    used = {
        place
        for path, tree in _sources(PACKAGES)
        for place in rule.allowed
        if path.startswith(place) and any(rule.find(node) for node in ast.walk(tree))
    }
    assert set(rule.allowed) - used == set()


def test_a_vault_removes_nothing_without_a_permit() -> None:
    for path, tree in _sources(("archiver/vault",)):
        for node in ast.walk(tree):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            if node.name.startswith(("delete", "remove", "purge", "replace")):
                given = [a.annotation for a in (*node.args.args, *node.args.kwonlyargs)]
                names = {each.id for each in given if isinstance(each, ast.Name)}
                assert "Permit" in names, f"{path}: {node.name}"


def test_permits_are_minted_in_one_place_only() -> None:
    minted = {
        path
        for path, tree in _sources(("archiver",))
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "Permit"
    }
    assert minted == {"archiver/desk/permit.py"}


def test_no_package_does_anything_when_it_is_imported() -> None:
    for path, tree in _sources(PACKAGES):
        if path.endswith("__init__.py"):
            assert isinstance(tree, ast.Module)
            for node in tree.body:
                quiet = isinstance(node, ast.Expr | ast.Import | ast.ImportFrom | ast.Assign)
                assert quiet, f"{path}:{node.lineno}"
                assert not any(isinstance(n, ast.Call) for n in ast.walk(node)), path
