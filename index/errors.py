"""Every exception that Pincite raises on purpose.

    PinciteError
    ├── SettingsError          a setting, or a pair of them, makes no sense
    ├── SourceError            a file could not be read as an article
    │   ├── UnsupportedFormat  no reader knows this kind of file
    │   └── LimitExceeded      the file is larger, deeper or slower than a reader allows
    ├── EncoderError           the encoder cannot be found, or its weights are not the expected ones
    ├── SnapshotError          a snapshot is missing, damaged or made for something else
    │   ├── NoSnapshot         nothing has been indexed yet
    │   ├── SnapshotDamaged    a file is missing, truncated or altered
    │   └── SnapshotMismatch   another format version, encoder or dimension
    ├── WriterBusy             another process is writing to this index
    └── QuestionError          the question cannot be searched
        ├── EmptyQuestion      there is nothing in it
        └── QuestionTooLong    it has more characters than are read

The service adds, beside the routes they belong to, what only HTTP knows
(`service/web/replies.py`, `service/web/admission.py`, `service/web/middleware.py`,
`service/upkeep/shelf.py`): not found, admin token missing, too slow, precondition failed.

A message names the thing, its value and the way out, and is fit to be shown to a person.
"""


class PinciteError(Exception):
    """Base of the tree. `status` is the HTTP status and `kind` the problem type's last part."""

    status = 500
    kind = "error"


class SettingsError(PinciteError):
    """A setting, or a pair of them, makes no sense."""

    kind = "settings"


class SourceError(PinciteError):
    """A file could not be read as an article. The message is one line for the report."""

    status = 422
    kind = "source"


class UnsupportedFormat(SourceError):
    """No reader knows this kind of file."""

    status = 415
    kind = "unsupported-format"


class LimitExceeded(SourceError):
    """The file is larger, deeper or slower to read than a reader allows."""

    status = 413
    kind = "limit-exceeded"


class EncoderError(PinciteError):
    """The encoder cannot be found, or its weights are not the expected ones."""

    kind = "encoder"


class SnapshotError(PinciteError):
    """A snapshot is missing, damaged or made for something else."""

    status = 503
    kind = "snapshot"


class NoSnapshot(SnapshotError):
    """Nothing has been indexed yet."""

    kind = "no-snapshot"


class SnapshotDamaged(SnapshotError):
    """A file of a snapshot is missing, truncated or altered."""

    kind = "snapshot-damaged"


class SnapshotMismatch(SnapshotError):
    """A snapshot was made by another format version, encoder or dimension."""

    kind = "snapshot-mismatch"


class WriterBusy(PinciteError):
    """Another process is writing to this index."""

    status = 409
    kind = "writer-busy"


class QuestionError(PinciteError):
    """The question cannot be searched: it is empty or too long, or its filters make no sense."""

    status = 422
    kind = "question"


class EmptyQuestion(QuestionError):
    """Nothing is asked: there is no letter and no digit in it."""


class QuestionTooLong(QuestionError):
    """The question has more characters than are read."""

    def __init__(self, message: str, characters: int = 0, most: int = 0) -> None:
        super().__init__(message)
        self.characters = characters
        self.most = most
