"""Every bench of speed in one report: `python -m bench.report [--quick] [--only NAME ...]`.

Writes report.md, report.html (self-contained, with plots) and report.json to var/bench, or to
`--folder`. Each bench runs in a process of its own and is ended when its time is over; one that
fails is named, and the rest goes on. The index asked is of MedQuAD's articles (`../shared/eval`),
all of them or a few with `--quick`, else of `corpus/`; it stays in var/bench for the next run.
"""

import argparse
import gzip
import json
import os
import platform
import resource
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from itertools import islice
from pathlib import Path

from bench.evaluation_data import ARTICLES, EVAL, ROOT
from bench.figures import Figures, load
from bench.report_page import Ran, Report, as_markdown, write_html
from bench.service_process import PINCITE

QUESTIONS = EVAL / "questions" / "health_search.jsonl"
VERSIONS = (
    "pincite",
    "openvino",
    "torch",
    "sentence-transformers",
    "tokenizers",
    "faiss-cpu",
    "numpy",
    "scipy",
    "fastapi",
    "uvicorn",
)

# PyTorch in bfloat16, which opens in ten seconds, is left out.
QUICK_RUNTIMES = ("sentence-transformers f32", "openvino f32", "openvino bf16", "openvino int8")


@dataclass(frozen=True, slots=True)
class Bench:
    """One bench: what runs it (after `python`), for how many seconds at most; has it `--json`?"""

    name: str
    arguments: tuple[str, ...]
    most: float
    figures: bool = True


def quick(index: Path, questions: Path) -> list[Bench]:
    """Return benches that take two minutes together on two quiet cores."""
    return _benches(
        index,
        questions,
        most=180,
        options={
            "encode": ("--rounds", "1", "--passages", "32", "--only", *QUICK_RUNTIMES),
            "ingest": (),
            "ingest_whole": ("--articles", "24", "--sample", "32", "--rounds", "1"),
            "start": ("--rounds", "1", "--questions", "30"),
            "serve_load": ("--seconds", "2", "--alone", "50", "--overload", "0"),
            "load_wrk": ("--seconds", "1"),
            "scale": ("--sizes", "1000,10000"),
            "living_index": ("1200", "--add", "1"),
        },
    )


def full(index: Path, questions: Path) -> list[Bench]:
    """Return the benches at the sizes that the project's figures are given for."""
    return _benches(
        index,
        questions,
        most=1800,
        options={
            "encode": (),
            "ingest": ("--all",),
            "ingest_whole": (),
            "start": ("--rounds", "5"),
            "serve_load": ("--unbatched",),
            "load_wrk": (),
            "scale": ("--sizes", "10000,100000,1000000"),
            "living_index": ("40000", "--add", "1", "100"),
        },
    )


def _benches(
    index: Path, questions: Path, *, most: float, options: dict[str, tuple[str, ...]]
) -> list[Bench]:
    places = {
        "start": (str(index),),
        "serve_load": (str(index),),
        "load_wrk": (str(index),),
        "scale": (str(index), str(questions)),
    }
    names = {
        "encode": "Encoding",
        "ingest": "Reading, cleaning, cutting",
        "ingest_whole": "Ingest, whole",
        "start": "Start, memory, stages of a question",
        "serve_load": "Questions over HTTP",
        "load_wrk": "The same from wrk",
        "scale": "Search against the number of passages",
        "living_index": "The living index",
    }
    built = (*PINCITE[1:], "index")
    corpus = ("--corpus", str(index.with_name(f"{index.name}-corpus")), "--index", str(index))
    return [
        Bench("The index that is asked", (*built, *corpus), max(most, 600), figures=False),
        *(
            Bench(names[name], ("-m", f"bench.{name}", *places.get(name, ()), *given), most)
            for name, given in options.items()
        ),
    ]


def run(bench: Bench, folder: Path, number: int) -> Ran:
    """Run one bench; its output and figures stay in `folder`."""
    result, log = folder / f"{number}.json", folder / f"{number}.log"
    result.unlink(missing_ok=True)
    arguments = [*bench.arguments, *(["--json", str(result)] if bench.figures else [])]
    print(f"{bench.name} …", flush=True)
    began, busy, own = time.perf_counter(), _busy(), _children()
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        try:
            process.wait(bench.most)
            problem = None
        except subprocess.TimeoutExpired:
            problem = f"not done after {bench.most:.0f} s"
        finally:
            _end(process)
    seconds = time.perf_counter() - began
    others = max(0.0, (_busy() - busy - (_children() - own)) / seconds)
    figures = Figures()
    if problem:
        others = 0.0  # the time of what was ended counts as nobody's
    elif process.returncode:
        tail = log.read_text("utf-8", "replace").strip().splitlines()[-3:]
        problem = f"exit code {process.returncode}: {' / '.join(tail)[-500:]}"
    elif bench.figures:
        try:
            figures = load(result)
        except (OSError, ValueError, KeyError, TypeError) as error:
            problem = f"no figures that can be read ({error})"
    if problem:
        print(f"  failed: {problem}", flush=True)
    command = shlex.join(("python", *_short(bench.arguments)))
    return Ran(bench.name, command, seconds, others, problem, figures)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End the process and whatever it started that is still there."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    process.wait()


def _short(arguments: Sequence[str]) -> list[str]:
    """Return the arguments as a person would type them from the project's folder."""
    if arguments[:1] == ("-c",):
        arguments = ("-m", "service.cli", *arguments[2:])
    return [each.replace(f"{ROOT}/", "").replace(f"{ROOT.parent}/", "../") for each in arguments]


def _busy() -> float:
    """Return the seconds that all cores have worked, for anybody, since the machine began."""
    fields = Path("/proc/stat").read_text("ascii").split("\n", 1)[0].split()[1:]
    user, nice, system, _idle, _waiting, *interrupts = map(int, fields[:8])
    return (user + nice + system + sum(interrupts)) / os.sysconf("SC_CLK_TCK")


def _children() -> float:
    """Return the seconds of processor time of this process and of what it has waited for."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    used = [resource.getrusage(kind) for kind in kinds]
    return sum(each.ru_utime + each.ru_stime for each in used)


def machine() -> dict[str, str]:
    """Return what the figures were measured on (Linux)."""
    described = Path("/proc/cpuinfo").read_text("utf-8", "replace")
    processor = _field(described, "model name") or platform.machine()
    telling = {"amx_bf16", "avx512_bf16", "avx512_vnni", "avx512f", "avx_vnni", "avx2"}
    fast = sorted(telling & {*_field(described, "flags").split()})
    memory = int(_field(Path("/proc/meminfo").read_text("ascii"), "MemTotal").split()[0])
    return {
        "processor": f"{processor} ({', '.join(fast)})",
        "cores": str(os.cpu_count()),
        "memory": f"{memory / 1e6:.1f} GB",
        "system": platform.platform(),
    }


def _field(text: str, name: str) -> str:
    lines = (line.partition(":") for line in text.splitlines())
    return next((value.strip() for key, _, value in lines if key.strip() == name), "")


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that the speed depends on."""
    found = {"Python": platform.python_version()}
    for name in VERSIONS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def commit() -> str:
    """Return the commit that was measured, and whether files differ from it."""
    git = ["git", "-C", str(ROOT)]
    try:
        name = subprocess.run(
            [*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True
        )
        changed = subprocess.run(
            [*git, "status", "--porcelain"], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    files = len(changed.stdout.splitlines())
    return name.stdout.strip() + (f", {files} files changed or added" if files else "")


def prepare(folder: Path, *, few: bool) -> tuple[Path, Path]:
    """Write the corpus of the index to be asked, and questions; return where both lie."""
    index = folder / ("index-quick" if few else "index")
    corpus = folder / f"{index.name}-corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    if ARTICLES.is_file():
        with gzip.open(ARTICLES, "rt", encoding="utf-8") as lines:
            text = "".join(islice(lines, 0, None, 160) if few else lines)
        (corpus / "articles.jsonl").write_text(text, "utf-8")
    else:
        for path in (ROOT / "corpus").iterdir():
            (corpus / path.name).write_bytes(path.read_bytes())
    questions = QUESTIONS
    if not questions.is_file():
        questions = folder / "questions.jsonl"
        asked = (f"What helps against {path.stem.replace('-', ' ')}?" for path in corpus.iterdir())
        questions.write_text("\n".join(json.dumps({"text": each}) for each in asked), "utf-8")
    return index, questions


def report(benches: Sequence[Bench], folder: Path, title: str) -> Report:
    """Run the benches one after the other."""
    began, before = datetime.now(UTC), os.getloadavg()[0]
    ran = tuple(run(bench, folder, number) for number, bench in enumerate(benches))
    return Report(
        title=title,
        began=f"{began:%Y-%m-%d %H:%M} UTC, {(datetime.now(UTC) - began).seconds} s",
        commit=commit(),
        machine=machine(),
        versions=versions(),
        load=(before, os.getloadavg()[0]),
        ran=ran,
    )


def main() -> int:
    """Write the report; return 1 when a bench failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two minutes, smaller sizes")
    parser.add_argument("--only", nargs="+", help="not all benches, but those of bench/NAME.py")
    parser.add_argument("--folder", type=Path, default=ROOT / "var" / "bench")
    given = parser.parse_args()
    # A bench has a session of its own, which a terminal or `timeout` does not end with this one.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))
    folder = given.folder.resolve()
    index, questions = prepare(folder, few=given.quick)
    benches = (quick if given.quick else full)(index, questions)
    if given.only:
        wanted = {f"bench.{name}" for name in given.only}
        benches = [each for each in benches if not each.figures or wanted & {*each.arguments}]
    made = report(benches, folder, "Speed, quick run" if given.quick else "Speed")
    (folder / "report.md").write_text(as_markdown(made), "utf-8")
    (folder / "report.json").write_text(json.dumps(asdict(made), indent=1), "utf-8")
    write_html(made, folder / "report.html")
    print(made.warning or "", f"\nwritten: {folder / 'report.md'}, report.html, report.json")
    return 1 if made.failed else 0


if __name__ == "__main__":
    sys.exit(main())
