"""Run the service: one process, uvicorn, on the address of the settings."""

import socket
from collections.abc import Callable

from index.errors import SettingsError
from service.settings import Settings


def serve(settings: Settings, announce: Callable[[str], None]) -> None:
    """Serve until interrupted. `announce` is told the address once questions can be asked.

    Raises `SettingsError` when the address cannot be listened on.
    """
    import uvicorn

    from service.app import create_app

    listener = _listen(settings.host, settings.port)
    try:
        app = create_app(settings)
        host, port = listener.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        announce(f"http://{shown}:{port}/")
        # The access log would hold the questions that people put into addresses.
        uvicorn.Server(uvicorn.Config(app, access_log=False, log_level="warning")).run([listener])
    finally:
        listener.close()


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        raise SettingsError(
            f"cannot listen on {host} port {port}: {error.strerror or error}. "
            "Choose another with --host and --port (0 takes any free port)."
        ) from error
    listener.listen(128)
    return listener
