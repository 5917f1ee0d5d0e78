"""The `pincite` command: index, ask, serve, explain, verify, eval, snapshots, rollback.

Heavy libraries are imported inside the commands, so that `pincite --help` is quick.
"""

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from index.errors import PinciteError, SourceError
from service.failures import place_of
from service.feedback.commands import feedback_app
from service.settings import Settings, load_settings
from service.terminal import answer_lines, plain
from service.upkeep.history_commands import add_commands
from service.upkeep.watch_command import watch
from service.web.strings import locales

if TYPE_CHECKING:
    from ingest.pipeline import OnProgress, Report

ANSWERED, NOTHING, UNREAD, NOT_ANSWERED = 0, 1, 3, 4
"""Exit codes: fine; nothing could be indexed, or an error; some files unread; no answer."""

app = typer.Typer(
    name="pincite",
    help="Ask a health question, get the passages that answer it, word for word.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

Corpus = Annotated[Path | None, typer.Option(help="Folder of articles, or one file.")]
Index = Annotated[Path | None, typer.Option(help="Folder of the snapshots.")]


def main() -> None:
    """Run the command; an error is one line on stderr and exit code 1."""
    try:
        app(prog_name="pincite")
    except PinciteError as error:
        reason = str(error)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        reason = f"{where}{error.strerror or error}"
    except Exception as error:  # noqa: BLE001 - a person gets one line, and no question in it
        reason = f"something failed inside Pincite: {place_of(error)}."
    else:
        return
    err.print(plain(f"pincite: {reason}", "red"), soft_wrap=True)
    sys.exit(NOTHING)


def _known_language(lang: str) -> str:
    if lang not in locales():
        raise typer.BadParameter(f"{lang!r} is none of {', '.join(locales())}.")
    return lang


def _print_json(document: str) -> None:
    """Print JSON, with the control characters that JSON itself leaves bare escaped."""
    bare = json.dumps(json.loads(document), indent=2, ensure_ascii=False)
    shown = re.sub(r"[\x7f-\x9f]", lambda found: f"\\u{ord(found[0]):04x}", bare)
    out.print(Text(shown), soft_wrap=True)


@app.command()
def index(
    corpus: Corpus = None,
    index: Index = None,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Read everything anew.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Report as JSON.")] = False,
) -> None:
    """Bring the index up to date with the articles.

    Exit code 0; 1 when nothing could be indexed; 3 when some files could not be read.
    """
    from index.runtimes import open_encoder
    from ingest.pipeline import update_index

    settings = load_settings(corpus=corpus, index=index)
    encoder = open_encoder(settings.encoder, runtime=settings.runtime)
    with _progress(hidden=as_json) as on_progress:
        report = update_index(
            settings.corpus,
            settings.index,
            encoder,
            target_tokens=settings.passage_tokens,
            keep=settings.keep_snapshots,
            rebuild=rebuild,
            on_progress=on_progress,
        )
    if as_json:
        _print_json(json.dumps(_report_fields(report)))
    else:
        _print_report(report, settings, encoder.runtime)
    if report.problems:
        raise typer.Exit(UNREAD)


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="The question, in quotation marks.")],
    k: Annotated[
        int | None, typer.Option("-k", min=1, max=20, help="How many passages at most.")
    ] = None,
    article: Annotated[
        list[str] | None, typer.Option(help="Only this article; repeatable.")
    ] = None,
    publisher: Annotated[
        list[str] | None, typer.Option(help="Only of this one; repeatable.")
    ] = None,
    section_type: Annotated[
        list[str] | None, typer.Option(help="Only sections such as treatment; repeatable.")
    ] = None,
    language: Annotated[
        list[str] | None, typer.Option(help="Only articles in it, such as en; repeatable.")
    ] = None,
    since: Annotated[str, typer.Option(help="Published then or later: 2024-03-31, 2024.")] = "",
    until: Annotated[str, typer.Option(help="Published then or before.")] = "",
    modified_since: Annotated[str, typer.Option(help="Last changed then or later.")] = "",
    modified_until: Annotated[str, typer.Option(help="Last changed then or before.")] = "",
    lang: Annotated[
        str,
        typer.Option(
            callback=_known_language,
            help="Language of the notice, the disclaimer and the words around what is quoted: "
            "en or es.",
        ),
    ] = "en",
    index: Index = None,
    as_json: Annotated[bool, typer.Option("--json", help="The answer as JSON.")] = False,
) -> None:
    """Ask the articles a question. Exit code 0 answered; 4 the articles do not answer."""
    from index.runtimes import open_encoder
    from service.answers import Answers
    from service.filters import filters_from

    settings = load_settings(index=index)
    answers = Answers(settings, open_encoder(settings.encoder, runtime=settings.runtime))
    listed = {
        "article": article,
        "publisher": publisher,
        "section_type": section_type,
        "language": language,
    }
    filters = filters_from(
        [
            *((name, value) for name, values in listed.items() for value in values or ()),
            ("published_since", since),
            ("published_until", until),
            ("modified_since", modified_since),
            ("modified_until", modified_until),
        ]
    )
    answer = answers.ask(question, k, filters=filters, language=lang)
    if as_json:
        _print_json(answer.model_dump_json())
    else:
        for line in answer_lines(answer, locales()[lang]):
            # A console joins what it prints, and forgets what a line says of itself.
            out.print(line, soft_wrap=bool(line.no_wrap))
    raise typer.Exit(ANSWERED if answer.status == "answered" else NOT_ANSWERED)


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="0: any free one.")] = None,
    index: Index = None,
    corpus: Corpus = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Index again whenever an article changes.")
    ] = False,
) -> None:
    """Serve the search box and the JSON routes."""
    from service.serve import serve as run

    settings = load_settings(host=host, port=port, index=index, corpus=corpus)

    def announce(address: str, cost: str) -> None:
        line = Text.assemble("Pincite answers at ", (address, "bold"), f"  ({cost})")
        err.print(line, soft_wrap=True)

    run(settings, announce, watch=watch)


@app.command()
def explain(
    file: Annotated[Path, typer.Argument(help="An article's file.")],
    corpus: Corpus = None,
) -> None:
    """Show what is kept of a file, what is left out, and why.

    Of a file in the corpus folder, with regard to what its publisher's other articles have too.
    """
    from ingest.explain import explain_file

    if not file.is_file():
        raise SourceError(f"there is no file {file}.")
    settings = load_settings(corpus=corpus)
    for document in explain_file(file, settings.corpus):
        data = document.metadata
        facts = {
            "title": data.title,
            "publisher": data.publisher,
            "authors": ", ".join(data.authors) or None,
            "published": data.published,
            "modified": data.modified,
            "reviewed": data.reviewed,
            "url": data.url,
            "references": str(len(data.references)) if data.references else None,
        }
        for name, value in facts.items():
            shown = plain(value) if value else Text("unknown", "dim")
            out.print(Text.assemble((f"{name:>10}", "bold"), "  ", shown))
        for block in document.blocks:
            label = f"left out: {block.left_out}" if block.left_out else f"kept: {block.kind}"
            style = "red" if block.left_out else "green"
            out.print()
            out.print(plain(label, style))
            out.print(plain(block.text, "dim" if block.left_out else ""))


@app.command()
def verify(index: Index = None, corpus: Corpus = None) -> None:
    """Check every passage against its article, and every article against its file.

    Exit code 0 when all hold; 1 when one does not, each named.
    """
    from ingest.verify import verify_index

    settings = load_settings(index=index, corpus=corpus)
    result = verify_index(settings.corpus, settings.index)
    for fault in result.faults:
        out.print(plain(fault, "red"), soft_wrap=True)
    out.print(
        f"{result.passages} passages of {result.articles} articles checked in snapshot "
        f"{result.snapshot}: {len(result.faults) or 'no'} faults.",
        soft_wrap=True,
    )
    if result.faults:
        raise typer.Exit(NOTHING)


add_commands(app)
app.add_typer(feedback_app)
app.command()(watch)


@app.command(name="eval")
def evaluate(
    dataset: Annotated[
        Path,
        typer.Argument(help="corpus.jsonl, queries.jsonl and qrels/ in BEIR's form, or .gz."),
    ],
    qrels: Annotated[
        str | None, typer.Option(help="Judgements of qrels/NAME.tsv only; else of all.")
    ] = None,
    relevant: Annotated[int, typer.Option(min=1, help="Grade from which a document answers.")] = 1,
    html: Annotated[Path | None, typer.Option(help="Write a report with plots here.")] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Ask every query again; else go on where one stopped.")
    ] = False,
    index: Index = None,
    as_json: Annotated[bool, typer.Option("--json", help="The result as JSON.")] = False,
) -> None:
    """Measure the search on a dataset of queries with judged documents.

    The dataset's own index is kept in eval/ beside the index, and made once for each content and
    way of encoding it. So is what was found for each query: an evaluation that was
    interrupted goes on where it stopped.
    """
    from index.encoder import arithmetic
    from index.runtimes import open_encoder
    from index.search import Searcher
    from index.snapshot import open_snapshot
    from ingest.pipeline import update_index
    from service.evaluation.dataset import read_dataset
    from service.evaluation.evaluate import evaluate as run
    from service.evaluation.report import as_json as to_json
    from service.evaluation.report import as_table, write_html
    from service.evaluation.runs import Runs

    settings = load_settings(index=index)
    given = read_dataset(dataset, qrels, relevant)
    encoder = open_encoder(settings.encoder, runtime=settings.runtime)
    # Each has its own: what is kept would hold the vectors of whatever made it first.
    computed = arithmetic(encoder)
    name = f"{given.name}-{given.sha256[:12]}-{computed}"
    kept = settings.index.parent / "eval" / name
    with _progress(hidden=as_json) as on_progress:
        report = update_index(
            given.corpus,
            kept,
            encoder,
            target_tokens=settings.passage_tokens,
            keep=1,
            on_progress=on_progress,
        )
        snapshot = open_snapshot(kept)
        content = (snapshot.manifest.snapshot, given.sha256, encoder.record.fingerprint)
        found = run(
            given,
            Searcher(snapshot),
            encoder,
            relevant=relevant,
            runs=Runs.open(kept, (*content, computed), fresh=fresh),
            on_progress=lambda done, total: on_progress("asking", done, total),
        )
    for note in (*report.notes, *(f"{one.source}: {one.problem}" for one in report.problems)):
        err.print(plain(note), soft_wrap=True)
    if html is not None:
        write_html(found, html)
    if as_json:
        sys.stdout.write(f"{to_json(found)}\n")
    else:
        Console(width=max(out.width, 150)).print(as_table(found))


class _Rate(ProgressColumn):
    """How many of its files or passages a task does in a second."""

    def render(self, task: Task) -> Text:
        """Return the rate, once there is one."""
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.1f}/s" if speed else "")


@contextmanager
def _progress(*, hidden: bool) -> "Iterator[OnProgress]":
    units = {"reading": "files", "encoding": "passages", "asking": "queries"}
    bar = Progress(
        TextColumn("{task.description:>9}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[unit]}"),
        _Rate(),
        TimeRemainingColumn(),
        console=err,
        disable=hidden or not err.is_terminal,
    )
    tasks: dict[str, TaskID] = {}

    def on_progress(stage: str, done: int, total: int) -> None:
        if not total:
            return
        if stage not in tasks:
            bar.start()
            tasks[stage] = bar.add_task(stage, total=total, unit=units[stage])
        bar.update(tasks[stage], completed=done, total=total)

    try:
        yield on_progress
    finally:
        bar.stop()


def _report_fields(report: "Report") -> dict[str, object]:
    return {
        "snapshot": report.manifest.snapshot if report.manifest else None,
        "articles": report.articles,
        "passages": report.passages,
        "encoded": report.encoded,
        "added": report.added,
        "changed": report.changed,
        "removed": report.removed,
        "problems": {record.source: record.problem for record in report.problems},
        "notes": report.notes,
        "seconds": round(report.seconds, 3),
    }


def _print_report(report: "Report", settings: Settings, runtime: str) -> None:
    for record in report.problems:
        err.print(plain(f"{record.source}: {record.problem}", "yellow"), soft_wrap=True)
    for note in report.notes:
        err.print(plain(note), soft_wrap=True)
    if report.manifest is None:
        out.print(f"Nothing has changed: {report.articles} articles, {report.passages} passages.")
        return
    counts = f"{len(report.added)} added, {len(report.changed)} changed, {len(report.removed)} gone"
    out.print(
        f"{report.articles} articles, {report.passages} passages ({report.encoded} encoded) in "
        f"{report.seconds:.1f} s by {runtime}. Files: {counts}, {len(report.problems)} not read.",
        soft_wrap=True,
    )
    live = f"Snapshot {report.manifest.snapshot} in {settings.index} is live."
    out.print(plain(live), soft_wrap=True)
