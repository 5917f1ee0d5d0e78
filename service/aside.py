"""A module of the house run as a process of its own, and what is said of how it ended."""

import os
import signal
import sys
from pathlib import Path

HOUSE = Path(__file__).resolve().parents[1]
_SECRETS = frozenset({"PINCITE_ADMIN_TOKEN"})


def module_command(module: str) -> tuple[str, ...]:
    """Return the command that runs `module`; `environment` lets it be found."""
    return sys.executable, "-P", "-m", module


def environment() -> dict[str, str]:
    """Return this process's environment, in which the house's own modules come first.

    Less the admin token: none of these processes changes what only its owner may, and one of them
    reads the files of strangers.
    """
    path = os.pathsep.join(filter(None, (str(HOUSE), os.environ.get("PYTHONPATH", ""))))
    given = {name: value for name, value in os.environ.items() if name.upper() not in _SECRETS}
    return {**given, "PYTHONPATH": path}


def how_ended(code: int) -> str:
    """Return what the return code of `subprocess` says."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"signal {signal.Signals(-code).name}"
    except ValueError:
        return f"signal {-code}"
