"""`pincite snapshots` and `pincite rollback`: which generations are kept, and going back to one."""

import dataclasses
import json
from pathlib import Path
from typing import Annotated

import typer

from service.settings import load_settings

Index = Annotated[Path | None, typer.Option(help="Folder of the snapshots.")]


def snapshots(
    index: Index = None,
    as_json: Annotated[bool, typer.Option("--json", help="The list as JSON.")] = False,
) -> None:
    """List the snapshots that are kept, newest first; the live one is marked."""
    from index.history import kept_snapshots

    settings = load_settings(index=index)
    kept = kept_snapshots(settings.index)
    if as_json:
        typer.echo(json.dumps([dataclasses.asdict(one) for one in kept], indent=2))
        return
    if not kept:
        typer.echo(f'Nothing is indexed in {settings.index} yet. Run "pincite index".')
    for one in kept:
        mark = "live" if one.live else "    "
        facts = f"{one.built:25}  {one.articles:6} articles  {one.passages:8} passages"
        typer.echo(f"{one.snapshot}  {mark}  {one.problem or facts}")


def rollback(
    snapshot: Annotated[
        str | None, typer.Argument(help="Id of a kept snapshot; without one, the one before.")
    ] = None,
    index: Index = None,
) -> None:
    """Make an older snapshot the live one. A running service follows within a second.

    The articles stay as they are: the next "pincite index" brings the index up to date with them.
    """
    from index.history import roll_back

    settings = load_settings(index=index)
    done = roll_back(settings.index, snapshot.upper() if snapshot else None)
    for reason in done.passed_over:
        typer.echo(f"Passed over: {reason}", err=True)
    after = done.after
    typer.echo(
        f"Snapshot {after.snapshot} (built {after.built}, {after.articles} articles, "
        f"{after.passages} passages) is live; it was {done.before or 'none'}."
    )


def add_commands(app: typer.Typer) -> None:
    """Add both to the `pincite` command."""
    app.command()(snapshots)
    app.command()(rollback)
