"""The environment into `Settings`: every setting of Pincite, its default and its bounds.

Each field is an environment variable with the prefix `PINCITE_` (`corpus` is `PINCITE_CORPUS`),
read from the environment and from a `.env` file in the working directory; the environment wins.
Options of a command override both. A variable with the prefix that no setting has is refused: a
misspelt PINCITE_EMERGENCY_NUMBER that is silently ignored is worse than a start that fails.
"""

import difflib
import io
import os
import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from dotenv import dotenv_values
from dotenv.parser import parse_stream
from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

from index.errors import SettingsError
from index.records import Runtime

PREFIX = "PINCITE_"
ENV_FILE = Path(".env")

# Values of these are never repeated in a message.
_SECRET = frozenset({"admin_token"})


def _folder(path: Path) -> Path:
    """Return `path` with `~` resolved, as no shell does for a `.env` file."""
    if any(unicodedata.category(character) == "Cc" for character in str(path)):
        raise ValueError("there is a control character in it")
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise ValueError("there is no such home folder") from error


# Scheme, host and port as the Fetch standard serialises an origin: small letters, no path, and no
# port that is the scheme's own.
_ORIGIN = re.compile(
    r"(?!https://.*:443$)(?!http://.*:80$)https?://([a-z0-9._-]+|\[[0-9a-f:.]+\])(:[1-9][0-9]{0,4})?"
)


def _origins(listed: str | None) -> str | None:
    """Check each origin that is listed; return them separated by single spaces."""
    origins = (listed or "").replace(",", " ").split()
    for origin in origins:
        if not _ORIGIN.fullmatch(origin):
            raise ValueError(
                f"{origin!r} is not an origin as browsers send it. Write scheme, host and, where "
                "it is not the usual one, port, in small letters: https://example.org"
            )
    return " ".join(dict.fromkeys(origins)) or None


Folder = Annotated[Path, AfterValidator(_folder)]
Line = Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f-\x9f]+$")]


class Settings(BaseSettings):
    """All settings. Every default works; a value that makes no sense is refused."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=ENV_FILE,
        env_file_encoding="utf-8",
        extra="ignore",
        frozen=True,
        env_ignore_empty=True,
        str_strip_whitespace=True,
        hide_input_in_errors=True,
    )

    corpus: Annotated[Folder, Field(description="Folder of the articles that may be quoted.")] = (
        Path("corpus")
    )
    index: Annotated[Folder, Field(description="Folder of the snapshots.")] = Path("var/index")
    encoder: Annotated[
        str, Field(min_length=1, description="A sentence-transformers model, by name or by path.")
    ] = "all-MiniLM-L6-v2"
    runtime: Annotated[
        Runtime,
        Field(
            description="What computes the vectors: `openvino` (`-bf16`, `-int8` or `-f32` for "
            "one precision) or `sentence-transformers`; `auto` takes the first that is installed, "
            "in bfloat16, 8 bits or float32, as suits the processor."
        ),
    ] = "auto"
    host: Annotated[
        str,
        Field(min_length=1, pattern=r"^\S+$", description="Address to listen on."),
    ] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535, description="Port; 0 takes any free one.")] = 8000
    admin_token: Annotated[
        SecretStr | None,
        Field(
            description="Opens the routes that change the index; without it they are off. At "
            "least 8 letters, digits and signs of ASCII, no spaces."
        ),
    ] = None
    changes_per_minute: Annotated[
        int,
        Field(
            ge=1,
            le=100_000,
            description="How many changes over HTTP (articles, metadata, re-indexing) are taken "
            "in a minute.",
        ),
    ] = 600
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
    reranker: Annotated[
        str | None,
        Field(
            min_length=1,
            description="A cross-encoder, by name or by path, that orders the passages which "
            "answer; unless set, there is no reranking.",
        ),
    ] = None
    rerank_ms: Annotated[
        int,
        Field(ge=1, le=60_000, description="Milliseconds that it may take for a question."),
    ] = 200
    queue: Annotated[
        int,
        Field(
            ge=1,
            le=10_000,
            description="How many questions are taken at a time; to one more the answer is 503.",
        ),
    ] = 128
    processes: Annotated[
        int | None,
        Field(
            ge=0,
            le=64,
            description="How many processes of `pincite serve` answer questions beside it; 0: it "
            "answers itself. Unless set, one more than there are cores, up to 4; none on a single "
            "core, with a reranker, or from 200,000 passages on.",
        ),
    ] = None
    question_characters: Annotated[
        int, Field(ge=50, le=100_000, description="Longest question that is taken.")
    ] = 10_000
    emergency_number: Annotated[
        Line | None,
        Field(description="Number that the emergency notice names; none is assumed."),
    ] = None
    crisis_line: Annotated[
        Line | None,
        Field(description="Crisis line that the notice about self-harm names; none is assumed."),
    ] = None
    disclaimer: Annotated[
        str | None,
        Field(min_length=20, max_length=2000, description="Another wording of the disclaimer."),
    ] = None
    allowed_origins: Annotated[
        str | None,
        AfterValidator(_origins),
        Field(
            description="Origins whose pages may ask from a browser (`https://example.org`), "
            "separated by spaces or commas; exact ones only."
        ),
    ] = None
    feedback: Annotated[
        bool,
        Field(description="Whether answers ask “Did this answer your question?”."),
    ] = True
    feedback_folder: Annotated[
        Folder, Field(description="Folder of what people have said of their answers.")
    ] = Path("var/feedback")

    def without_folders(self, text: str) -> str:
        """Return `text` as the public may read it: where the folders lie is the operator's affair.

        What lies in the corpus or the index is named from that folder on.
        """
        folders = [self.corpus, self.index, self.corpus.resolve(), self.index.resolve()]
        above = {f"{folder.parent}{os.sep}" for folder in folders if folder.is_absolute()}
        # One may lie in the other's parent: the longer first.
        for start in sorted(above, key=len, reverse=True):
            text = text.replace(start, "")
        return text

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.emergency_number and not any(map(str.isdigit, self.emergency_number)):
            raise ValueError(
                f"PINCITE_EMERGENCY_NUMBER={self.emergency_number!r}: there is no digit in it."
            )
        token = self.admin_token.get_secret_value() if self.admin_token else None
        # What an Authorization header can carry, and is not guessed in an afternoon.
        if token is not None and (
            len(token) < 8 or not all("!" <= character <= "~" for character in token)
        ):
            raise ValueError(
                "PINCITE_ADMIN_TOKEN: it must have at least 8 characters, all of them ASCII "
                "letters, digits or signs. This makes one: "
                "python3 -c 'import secrets; print(secrets.token_urlsafe())'"
            )
        if self.processes and self.reranker:
            raise ValueError(
                f"PINCITE_PROCESSES={self.processes} and PINCITE_RERANKER={self.reranker!r}: each "
                "process would open the reranker for itself. Leave one of the two out."
            )
        if self.index.resolve().is_relative_to(self.corpus.resolve()):
            raise ValueError(
                f"PINCITE_INDEX={str(self.index)!r} lies inside "
                f"PINCITE_CORPUS={str(self.corpus)!r}: every snapshot would be read as an "
                "article. Choose a folder beside it."
            )
        if self.feedback_folder.resolve().is_relative_to(self.corpus.resolve()):
            raise ValueError(
                f"PINCITE_FEEDBACK_FOLDER={str(self.feedback_folder)!r} lies inside "
                f"PINCITE_CORPUS={str(self.corpus)!r}. Choose a folder beside it."
            )
        return self


def load_settings(**overrides: object) -> Settings:
    """Read the environment; `overrides` that are not None win. Raises `SettingsError`."""
    given = {name: value for name, value in overrides.items() if value is not None}
    _refuse_unknown({**_from_file(), **os.environ})
    try:
        return Settings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        raise SettingsError(" ".join(map(_line, error.errors()))) from None


def documented_settings() -> list[tuple[str, str, str]]:
    """Return each setting as (environment variable, default, description), in order.

    A default of "" means that there is none.
    """
    return [
        (_variable(name), "" if field.default is None else str(field.default), field.description)
        for name, field in Settings.model_fields.items()
        if field.description is not None
    ]


def _variable(name: str) -> str:
    return f"{PREFIX}{name.upper()}"


def _from_file() -> dict[str, str | None]:
    try:
        text = ENV_FILE.read_text(encoding="utf-8")
    except (FileNotFoundError, IsADirectoryError):
        return {}
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise SettingsError(f"{ENV_FILE.absolute()} cannot be read: {why}.") from error
    # A line that cannot be read is passed over by the library, and a setting with it.
    for line in parse_stream(io.StringIO(text)):
        lost = line.key is not None and line.key.startswith(PREFIX) and line.value is None
        if lost or (line.error and PREFIX in line.original.string):
            original = line.original.string
            number = line.original.line + len(original) - len(original.lstrip("\n"))
            raise SettingsError(
                f"{ENV_FILE.absolute()}, line {number}: not NAME=VALUE. "
                "Is a quotation mark open, or a sign of equality missing?"
            )
    return dict(dotenv_values(stream=io.StringIO(text)))


def _refuse_unknown(environment: Mapping[str, str | None]) -> None:
    known = [_variable(name) for name in Settings.model_fields]
    for name, value in environment.items():
        if not value or not name.upper().startswith(PREFIX) or name.upper() in known:
            continue
        near = difflib.get_close_matches(name.upper(), known, n=1, cutoff=0.8)
        way_out = f"Do you mean {near[0]}?" if near else f"There are: {', '.join(known)}."
        raise SettingsError(f"{name} is not a setting of Pincite. {way_out}")


def _line(fault: ErrorDetails) -> str:
    """Return one fault as a sentence: the variable, its value and what is wrong with it."""
    if not fault["loc"]:
        return fault["msg"].removeprefix("Value error, ")
    name = str(fault["loc"][0])
    value: Any = "" if name in _SECRET else f"={fault['input']!r}"
    return f"{_variable(name)}{value}: {fault['msg'].removeprefix('Value error, ')}."
