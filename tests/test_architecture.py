"""The arrows between the rooms, held by reading the imports of every module."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HOUSE = Path(__file__).parent.parent
ROOMS = ("index", "ingest", "service")
MODULES = sorted(path for room in ROOMS for path in (HOUSE / room).rglob("*.py"))
SERVICE = [path for path in MODULES if path.is_relative_to(HOUSE / "service")]

# The only doors through which the service reaches the write path, and who may use them.
DOORS = {
    "service.upkeep.shelf": {"ingest.upload"},
    "service.cli": {"ingest.explain", "ingest.pipeline", "ingest.verify"},
}
VAGUE = {"utils", "util", "helpers", "helper", "common", "core", "manager", "misc", "base"}


def name_of(path: Path) -> str:
    parts = path.relative_to(HOUSE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> Iterator[str]:
    """Yield the absolute name of every module that the file imports, at whatever depth."""
    return imports_of(path.read_text("utf-8"), path.parent.relative_to(HOUSE).parts)


def imports_of(source: str, package: tuple[str, ...]) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*above, *([node.module] if node.module else [])])
            yield module
            # `from ingest import pipeline` names a module, not a thing in one.
            for alias in node.names:
                if (HOUSE / module.replace(".", "/") / f"{alias.name}.py").exists():
                    yield f"{module}.{alias.name}"
        elif (
            isinstance(node, ast.Call)
            and getattr(node.func, "id", getattr(node.func, "attr", "")) == "import_module"
            and node.args
        ):
            # `import_module(f"ingest.readers.{name}")`: what is fixed of the name.
            first = node.args[0]
            if isinstance(first, ast.JoinedStr):
                first = first.values[0]
            assert isinstance(first, ast.Constant), "an import that cannot be read"
            yield str(first.value).strip(".")


def from_rooms(path: Path) -> set[str]:
    return {name for name in imports(path) if name.split(".")[0] in ROOMS}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_every_arrow_runs_as_drawn(path: Path) -> None:
    room = path.relative_to(HOUSE).parts[0]
    reached = {name.split(".")[0] for name in from_rooms(path)} - {room}
    allowed = {"index": set(), "ingest": {"index"}, "service": {"index", "ingest"}}[room]
    assert reached <= allowed, f"{name_of(path)} imports {sorted(reached - allowed)}"


@pytest.mark.parametrize("path", SERVICE, ids=name_of)
def test_the_service_reaches_the_write_path_through_its_doors_only(path: Path) -> None:
    used = {name for name in from_rooms(path) if name.split(".")[0] == "ingest"}
    assert used <= DOORS.get(name_of(path), set())


@pytest.mark.parametrize(
    "path",
    [
        path
        for path in SERVICE
        if path.parent.name in {"evidence", "emergency", "evaluation", "processes"}
    ],
    ids=name_of,
)
def test_what_is_said_of_a_question_and_its_hits_knows_nothing_of_http(path: Path) -> None:
    reached = set(imports(path))
    assert not {name.split(".")[0] for name in reached} & {"fastapi", "starlette", "uvicorn"}
    walls = {"api", "app", "feedback", "pages", "upkeep", "web"}
    assert not {name.split(".")[1] for name in reached if name.startswith("service.")} & walls


def test_the_emergency_rules_depend_on_the_index_alone() -> None:
    for path in (HOUSE / "service" / "emergency").glob("*.py"):
        for name in from_rooms(path):
            assert name.startswith(("service.emergency", "index")), (path, name)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_tests_benches_and_vague_names_are_not_among_the_imports(path: Path) -> None:
    roots = {name.split(".")[0] for name in imports(path)}
    assert not roots & {"tests", "bench", "corpus"}
    assert not VAGUE & set(path.relative_to(HOUSE).with_suffix("").parts)


def test_imports_are_read_as_python_reads_them() -> None:
    source = """
import index.store as s
from ..pipeline import x
from . import html
from ingest import segment
def later():
    from index.errors import SourceError
    return import_module(f"service.{x}")
"""
    assert set(imports_of(source, ("ingest", "readers"))) == {
        "index.store",
        "ingest.pipeline",
        "ingest.readers",
        "ingest.readers.html",
        "ingest",
        "ingest.segment",
        "index.errors",
        "service",
    }


def test_the_corpus_is_no_package() -> None:
    assert not list((HOUSE / "corpus").rglob("*.py"))


def test_the_tests_are_flat_and_no_package() -> None:
    assert not (HOUSE / "tests" / "__init__.py").exists()
    assert {p.parent for p in (HOUSE / "tests").rglob("test_*.py")} == {HOUSE / "tests"}


@pytest.mark.parametrize("room", ROOMS)
def test_the_rooms_that_are_imported_are_those_of_this_checkout(room: str, tmp_path: Path) -> None:
    found = subprocess.run(
        [sys.executable, "-c", f"import {room}; print({room}.__file__)"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    ).stdout.strip()
    assert Path(found) == HOUSE / room / "__init__.py"
    module = __import__(room)
    assert Path(str(module.__file__)) == HOUSE / room / "__init__.py"
