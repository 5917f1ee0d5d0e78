"""The environment into `Settings`: every setting of Pincite, its default and its bounds.

Each field is an environment variable with the prefix `PINCITE_` (`corpus` is `PINCITE_CORPUS`),
read from the environment and from a `.env` file in the working directory. Options of a command
override them.
"""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from index.errors import SettingsError


class Settings(BaseSettings):
    """All settings. Every default works; a value that makes no sense is refused."""

    model_config = SettingsConfigDict(
        env_prefix="PINCITE_", env_file=".env", extra="ignore", frozen=True, env_ignore_empty=True
    )

    corpus: Annotated[Path, Field(description="Folder of the articles that may be quoted.")] = Path(
        "corpus"
    )
    index: Annotated[Path, Field(description="Folder of the snapshots.")] = Path("var/index")
    encoder: Annotated[
        str, Field(min_length=1, description="A sentence-transformers model, by name or by path.")
    ] = "all-MiniLM-L6-v2"
    runtime: Annotated[
        Literal["auto", "openvino", "sentence-transformers"],
        Field(description="What computes the vectors; `auto` takes the fastest that is installed."),
    ] = "auto"
    host: Annotated[str, Field(min_length=1, description="Address to listen on.")] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535, description="Port; 0 takes any free one.")] = 8000
    admin_token: Annotated[
        SecretStr | None,
        Field(description="Opens the routes that change the index; without it they are off."),
    ] = None
    keep_snapshots: Annotated[
        int, Field(ge=1, le=1000, description="How many snapshots are kept.")
    ] = 3
    passage_tokens: Annotated[
        int, Field(ge=16, le=1024, description="Length of a passage that the segmenter aims at.")
    ] = 96
    answer_passages: Annotated[
        int, Field(ge=1, le=20, description="How many passages an answer shows unless asked.")
    ] = 5
    passages_per_article: Annotated[
        int, Field(ge=1, le=20, description="How many of them may come from one article.")
    ] = 2
    answer_threshold: Annotated[
        float,
        Field(gt=0, lt=1, description="Least probability at which a passage is an answer."),
    ] = 0.5
    question_characters: Annotated[
        int, Field(ge=50, le=100_000, description="Longest question that is taken.")
    ] = 10_000
    emergency_number: Annotated[
        str | None,
        Field(description="Number that the emergency notice names; none is assumed."),
    ] = None
    crisis_line: Annotated[
        str | None,
        Field(description="Crisis line that the notice about self-harm names; none is assumed."),
    ] = None
    disclaimer: Annotated[
        str | None, Field(min_length=20, description="Another wording of the disclaimer.")
    ] = None


def load_settings(**overrides: object) -> Settings:
    """Read the environment; `overrides` that are not None win. Raises `SettingsError`."""
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        lines = [
            f"PINCITE_{str(fault['loc'][0]).upper()}={fault['input']!r}: {fault['msg']}."
            for fault in error.errors()
        ]
        raise SettingsError(" ".join(lines)) from error
