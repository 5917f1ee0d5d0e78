"""The service as a process: it starts, answers, and stops when it is told to."""

import json
import os
import platform
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from index.errors import SettingsError
from service.serve import ARENAS, STOP_SECONDS, _listen, _one_thread
from tests.service_fixtures import TOKEN, build, settings_in, wait_until, write_corpus

ROOT = Path(__file__).parents[1]
glibc_only = pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="memory is laid out so by glibc alone"
)

ARENAS_OF_SIX_THREADS = """
import ctypes, sys, threading
from service.serve import _few_arenas

_few_arenas()
libc = ctypes.CDLL(None)
libc.malloc.restype = libc.fopen.restype = ctypes.c_void_p
together = threading.Barrier(6)

def take():
    together.wait()
    libc.malloc(1000)
    together.wait()

threads = [threading.Thread(target=take) for _ in range(6)]
for each in threads:
    each.start()
for each in threads:
    each.join()
file = ctypes.c_void_p(libc.fopen(sys.argv[1].encode(), b"w"))
libc.malloc_info(0, file)
libc.fclose(file)
"""
"""Has six threads take memory at once, and glibc write what it has where."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("serve")
    write_corpus(folder / "corpus")
    build(settings_in(folder))
    return folder


def _environment() -> dict[str, str]:
    """Return what is set here, less what would decide how the service answers or has its memory."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("PINCITE_")
        and name not in ("MALLOC_ARENA_MAX", "GLIBC_TUNABLES", "FORWARDED_ALLOW_IPS")
    }


@contextmanager
def _serving(
    home: Path, processes: int = 0, **more: str
) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """Run `pincite serve` on a free port; give the process, its address and what it announced."""
    environment = _environment() | more
    environment |= {"PINCITE_ENCODER": "deterministic", "PINCITE_ADMIN_TOKEN": TOKEN}
    environment["PINCITE_PROCESSES"] = str(processes)
    program = "import service.cli; service.cli.main()"
    process = subprocess.Popen(
        [sys.executable, "-c", program, "serve", "--port", "0", "--index", str(home / "index"),
         "--corpus", str(home / "corpus")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment | {"PYTHONPATH": str(ROOT)},
        cwd=home,
    )  # fmt: skip
    assert process.stderr is not None
    try:
        announced = process.stderr.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+/", announced)
        assert found, announced
        yield process, found[0], announced
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_starts_answers_and_stops_cleanly(home: Path, number: signal.Signals) -> None:
    with _serving(home) as (process, address, announced):
        assert re.fullmatch(
            r"Pincite answers at http://127\.0\.0\.1:\d+/  \(started in \d+\.\d s: "
            r"imports \d+\.\d, encoder \d+\.\d, snapshot \d+\.\d; deterministic\)\n",
            announced,
        )
        with urlopen(f"{address}readyz") as response:
            assert json.load(response)["status"] == "ready"
        with urlopen(f"{address}v1/ask?q=zanthoxylum+cramps") as response:
            assert json.load(response)["question"] == "zanthoxylum cramps"
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (0, "", "")


@pytest.mark.parametrize("processes", [0, 2])
def test_told_to_stop_at_once_it_stops(home: Path, processes: int) -> None:
    with _serving(home, processes) as (process, _, _):
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (0, "")


def _answering(process: subprocess.Popen[str]) -> set[int]:
    """Return the processes that a service has started (Linux)."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = stat.read_text("ascii", "replace").rpartition(")")[2].split()
            if int(fields[1]) == process.pid:
                found.add(int(stat.parent.name))
    return found


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="there is no /proc here")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_the_processes_that_answer_end_with_it(home: Path, number: signal.Signals) -> None:
    with _serving(home, 2) as (process, address, _):

        def answering() -> bool:
            with urlopen(f"{address}metrics") as response:
                return b'pincite_processes{state="answering"} 2' in response.read()

        wait_until(answering)
        children = _answering(process)
        assert len(children) == 2
        with ThreadPoolExecutor(6) as threads:
            asked = [f"{address}v1/ask?q=calf+{number}" for number in range(60)]
            for answer in threads.map(lambda one: urlopen(one).read(), asked):
                assert json.loads(answer)["disclaimer"]
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    assert (out, err) == ("", "")
    assert process.returncode == (-number if number == signal.SIGKILL else 0)
    wait_until(lambda: not any(Path(f"/proc/{child}/fd").exists() for child in children))


def _unfinished(address: str, path: str, sent: bytes) -> socket.socket:
    """Open a connection that says it sends 50 bytes, and sends fewer."""
    host, port = address.removeprefix("http://").rstrip("/").split(":")
    made = socket.create_connection((host, int(port)), timeout=30)
    head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
    made.sendall(f"{head}Content-Length: 50\r\n\r\n".encode() + sent)
    return made


def test_requests_that_are_never_finished_stop_neither_questions_nor_the_end(home: Path) -> None:
    with _serving(home, PINCITE_QUEUE="2") as (process, address, _), ExitStack() as open_ones:
        for path in ("v1/ask", "", "v1/verify") * 3:
            sent = b'{"question": "zanthoxylum'
            open_ones.enter_context(_unfinished(address, f"/{path}", sent))
        with urlopen(f"{address}v1/ask?q=cramps") as response:
            assert json.load(response)["question"] == "cramps"
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=STOP_SECONDS + 20)
    assert (process.returncode, out) == (0, "")
    said = "ERROR:    Cancel 9 running task(s), timeout graceful shutdown exceeded\n"
    assert err == said


def _guess(address: str, number: int) -> int:
    """Send a wrong token and an address that is not ours; return the status."""
    headers = {"authorization": "Bearer wrong", "x-forwarded-for": f"192.0.2.{number}"}
    try:
        urlopen(Request(f"{address}v1/index/refresh", b"", headers))
    except HTTPError as error:
        with error:
            return error.code
    raise AssertionError


@pytest.mark.parametrize(
    ("trusted", "statuses"),
    [({}, [401] * 20 + [429] * 5), ({"FORWARDED_ALLOW_IPS": "127.0.0.1"}, [401] * 25)],
)
def test_only_a_proxy_that_is_named_is_believed_where_a_token_comes_from(
    home: Path, trusted: dict[str, str], statuses: list[int]
) -> None:
    with _serving(home, 0, **trusted) as (_, address, _):
        assert [_guess(address, number) for number in range(25)] == statuses


def test_without_a_corpus_to_watch_it_says_so_in_a_line(home: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import service.cli; service.cli.main()", "serve", "--watch",
         "--port", "0", "--index", str(home / "index"), "--corpus", str(tmp_path / "none")],
        env=_environment() | {"PINCITE_ENCODER": "deterministic", "PYTHONPATH": str(ROOT)},
        cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    why = f"there is no corpus at {tmp_path / 'none'} to watch. Make it first."
    assert done.stderr == f"pincite: {why}\n"


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_works_as_the_readme_prints_it(home: Path) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = re.findall(r"^curl (?:.*\\\n)*.*$", readme, re.MULTILINE)
    assert commands
    with _serving(home) as (_, address, _):
        for command in commands:
            here = command.replace("http://127.0.0.1:8000/", address)
            assert here != command
            done = subprocess.run(
                here, shell=True, capture_output=True, text=True, check=True, timeout=30
            )
            assert json.loads(done.stdout)["disclaimer"]


def test_a_port_that_is_taken_is_refused_and_let_go() -> None:
    with _listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(SettingsError, match=f"cannot listen on 127.0.0.1 port {port}: "):
            _listen("127.0.0.1", port)
    with _listen("127.0.0.1", port) as again:
        assert again.getsockname()[1] == port


@pytest.mark.parametrize("host", ["nowhere.invalid", "a..b", "256.1.1.1", "x" * 300, "192.0.2.1"])
def test_a_host_that_is_not_here_is_refused(host: str) -> None:
    with pytest.raises(SettingsError, match=r"cannot listen on .*--host and --port"):
        _listen(host, 0)


def test_the_port_listens_on_loopback_only() -> None:
    with _listen("127.0.0.1", 0) as listener:
        assert listener.getsockname()[0] == "127.0.0.1"
        with socket.create_connection(listener.getsockname(), timeout=5) as made:
            assert made.getpeername() == listener.getsockname()


@pytest.mark.parametrize(("told", "inside"), [(None, {1}), ("2", {2})])
def test_numpy_computes_in_one_thread_unless_it_is_told_otherwise(
    monkeypatch: pytest.MonkeyPatch, told: str | None, inside: set[int]
) -> None:
    def threads() -> set[int]:
        return {each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"}

    if told:
        monkeypatch.setenv("OPENBLAS_NUM_THREADS", told)
    else:
        monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    with threadpool_limits(2, user_api="blas"):
        with _one_thread():
            assert threads() == inside
        assert threads() == {2}


@glibc_only
@pytest.mark.parametrize(
    ("told", "arenas"),
    [
        ({}, ARENAS),
        ({"MALLOC_ARENA_MAX": ""}, ARENAS),
        ({"GLIBC_TUNABLES": "glibc.malloc.perturb=0"}, ARENAS),
        ({"MALLOC_ARENA_MAX": "4"}, 4),
        ({"GLIBC_TUNABLES": "glibc.malloc.arena_max=3"}, 3),
    ],
)
def test_threads_take_their_memory_from_few_places(
    tmp_path: Path, told: dict[str, str], arenas: int
) -> None:
    written = tmp_path / "malloc.xml"
    subprocess.run(
        [sys.executable, "-c", ARENAS_OF_SIX_THREADS, str(written)],
        env=_environment() | told | {"PYTHONPATH": str(ROOT)},
        check=True,
    )
    assert written.read_text("utf-8").count("<heap nr=") == arenas


@glibc_only
def test_the_service_takes_its_memory_from_few_places(home: Path) -> None:
    with _serving(home) as (process, address, _), ThreadPoolExecutor(12) as asking:
        list(asking.map(lambda _: urlopen(f"{address}?q=cramp").read(), range(48)))
        maps = Path(f"/proc/{process.pid}/maps").read_text("utf-8")
    # Beside the first, each arena has 64 MB for its own, of which it opens what it needs.
    arena = r"^([0-9a-f]+)-([0-9a-f]+) rw-p 00000000 00:00 0 *\n\2-([0-9a-f]+) ---p "
    found = re.findall(arena, maps, re.MULTILINE)
    others = [begin for begin, _, end in found if int(end, 16) - int(begin, 16) == 64 * 2**20]
    assert len(others) == ARENAS - 1
