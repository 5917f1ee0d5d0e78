"""Turns: first come, first served, and none lost."""

import threading
import time

import pytest

from service.turns import Turns


def test_who_waits_goes_before_who_comes_later() -> None:
    turns, served = Turns(1), list[int]()

    def ask(number: int) -> None:
        with turns:
            served.append(number)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(6)]
    with turns:
        for number, thread in enumerate(threads, 1):
            thread.start()
            while len(turns._waiting) < number:
                time.sleep(0.001)
    ask(6)
    for thread in threads:
        thread.join()
    assert served == list(range(7))


def test_who_is_interrupted_while_waiting_leaves_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    turns = Turns(1)

    def interrupted(*_: object) -> bool:
        raise KeyboardInterrupt

    with turns:
        with monkeypatch.context() as patched:
            patched.setattr(threading.Event, "wait", interrupted)
            with pytest.raises(KeyboardInterrupt), turns:
                pytest.fail("let in beside another")
        assert not turns._waiting
    with turns:
        assert turns._free == 0
    assert turns._free == 1
