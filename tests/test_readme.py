"""The README says what is so: its settings, its commands, its files."""

import re
from pathlib import Path

from service.settings import documented_settings

ROOT = Path(__file__).resolve().parent.parent
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


def test_every_relative_link_leads_somewhere() -> None:
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "ARCHITECTURE.md"]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text("utf-8")):
            assert (ROOT / target).exists(), f"{page.name} links to {target}"


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
