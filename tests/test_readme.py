"""The README says what is so: its settings, its commands, its files."""

import re
from pathlib import Path

import pytest

from service.settings import documented_settings

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("ingest", "index", "service", "bench", "tests")
NAMING = (".py", ".toml")
README = (ROOT / "README.md").read_text("utf-8")


def settings_table() -> str:
    rows = [
        f"| `{name}` | {f'`{default}`' if default else 'none'} | {description} |"
        for name, default, description in documented_settings()
    ]
    return "\n".join(["| setting | default | |", "|---|---|---|", *rows])


def test_the_settings_table_is_that_of_the_code() -> None:
    table = re.search(r"<!-- settings: begin.*?-->\n(.*?)\n<!-- settings: end -->", README, re.S)
    assert table is not None
    assert table.group(1).strip() == settings_table()


PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]


def anchors(page: Path) -> set[str]:
    """Return what the headings of `page` are called in an address, as GitHub makes it of them."""
    headings = re.findall(r"^#{1,6} (.+)$", page.read_text("utf-8"), re.M)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", page.read_text("utf-8")):
        file, _, anchor = target.partition("#")
        linked = page.parent / file if file else page
        assert linked.exists(), f"{page.name} links to {target}"
        assert not anchor or anchor in anchors(linked), f"{page.name} links to {target}"


def test_every_page_that_the_code_names_exists() -> None:
    code = [path for room in ROOMS for path in (ROOT / room).rglob("*") if path.suffix in NAMING]
    named = {
        name for path in code for name in re.findall(r"docs/[\w/-]+\.md", path.read_text("utf-8"))
    }
    assert "docs/records/retrieval.md" in named
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text("utf-8"), re.M))
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]:
        named = re.findall(r"`?make ([a-z][a-z-]*)", page.read_text("utf-8"))
        assert set(named) <= targets, page.name


def test_every_file_that_the_architecture_draws_exists() -> None:
    drawing = (ROOT / "ARCHITECTURE.md").read_text("utf-8").split("```")[1]
    room = wall = ""
    drawn = set()
    for line in drawing.splitlines():
        opened = re.match(r" (ingest|index|service)/", line)
        room, wall = (opened.group(1), "") if opened else (room, wall)
        inner = re.match(r"    [├└]─ ([a-z]+)/", line)
        wall = inner.group(1) if inner else wall
        found = re.match(r"    (?:│   |    )?([a-z_]+\.py|readers/)(?:  ([a-z_]+\.py))?", line)
        for file in filter(None, found.groups() if found else ()):
            assert (ROOT / room / wall / file).exists(), f"{room}/{wall}/{file}"
            drawn.add(Path(room, wall, file))
    assert drawn >= {Path("ingest/pipeline.py"), Path("service/web/site.py")}
    assert Path("service/evaluation/runs.py") in drawn
    assert len(re.findall(r"\.py\b", drawing)) == sum(path.suffix == ".py" for path in drawn)
