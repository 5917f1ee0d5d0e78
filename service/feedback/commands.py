"""`pincite feedback export`: what people have said of their answers, for the operator."""

from enum import StrEnum
from typing import Annotated

import typer

from service.feedback.entries import as_csv, as_line, read
from service.settings import load_settings

feedback_app = typer.Typer(
    name="feedback",
    help="What people have said of their answers.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


class Form(StrEnum):
    """A form of the export."""

    jsonl = "jsonl"
    csv = "csv"


@feedback_app.callback()
def _feedback() -> None:
    """What people have said of their answers."""


@feedback_app.command()
def export(
    form: Annotated[Form, typer.Option("--format", help="One JSON object a line, or CSV.")] = (
        Form.jsonl
    ),
) -> None:
    """Write every entry to standard output, oldest first.

    A line that cannot be read is named on standard error and left out.
    """
    kept = read(load_settings().feedback_folder)
    if form is Form.csv:
        typer.echo(as_csv(kept.entries), nl=False)
    else:
        for entry in kept.entries:
            typer.echo(as_line(entry))
    for number in kept.damaged:
        typer.echo(f"line {number} cannot be read and is left out.", err=True)
    helped = sum(entry.helped for entry in kept.entries)
    typer.echo(f"{len(kept.entries)} entries, {helped} of them yes.", err=True)
