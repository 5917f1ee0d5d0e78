"""A bucket that fills as time passes, and the addresses that have guessed."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from service.web.allowance import (
    ADDRESSES,
    GUESSES_PER_MINUTE,
    Allowance,
    Changes,
    Guesses,
    TooMany,
    whose,
)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_as_many_at_once_as_in_a_minute_then_one_by_one() -> None:
    clock = Clock()
    allowance = Allowance(6, clock)
    assert [allowance.wait() for _ in range(7)] == [0] * 6 + [10]
    clock.now = 9.0
    assert allowance.wait() == 1
    clock.now = 10.0
    assert [allowance.wait(take=False), allowance.wait(), allowance.wait()] == [0, 0, 10]
    clock.now = 10_000.0
    assert [allowance.wait() for _ in range(7)] == [0] * 6 + [10]


@example(1, [0.0, 1.138347791380891, 8.145164775493612, 0.0])
@given(st.integers(1, 100), st.lists(st.floats(0, 120), max_size=60))
def test_never_more_than_the_bucket_and_what_has_flowed_in(
    per_minute: int, pauses: list[float]
) -> None:
    clock = Clock()
    allowance = Allowance(per_minute, clock)
    taken = 0
    for pause in pauses:
        clock.now += pause
        wait = allowance.wait()
        taken += wait == 0
        assert taken <= (per_minute + clock.now * per_minute / 60) * (1 + 1e-5)
        if wait:
            clock.now += wait
            assert allowance.wait(take=False) == 0


def test_changes_say_when_to_come_again() -> None:
    changes = Changes(1)
    changes.take()
    with pytest.raises(TooMany, match="at most 1 changes a minute") as caught:
        changes.take()
    assert 59 <= caught.value.seconds <= 60


def test_one_address_guesses_and_another_may_still_sign_in() -> None:
    guesses = Guesses()
    for _ in range(GUESSES_PER_MINUTE):
        guesses.check("192.0.2.1")
        guesses.wrong("192.0.2.1")
    with pytest.raises(TooMany, match="too many wrong tokens"):
        guesses.check("192.0.2.1")
    guesses.check("192.0.2.2")
    for number in range(ADDRESSES):
        guesses.wrong(str(number))
    guesses.check("192.0.2.1")  # forgotten: memory has a bound


@pytest.mark.parametrize(
    ("address", "of"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:0:1:2::3", "2001:db8:0:1::/64"),
        ("2001:db8:0:1:ffff::4%eth0", "2001:db8:0:1::/64"),
        ("2001:db8:0:2::3", "2001:db8:0:2::/64"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_a_network_of_ipv6_is_one_guesser(address: str, of: str) -> None:
    assert whose(address) == of


def test_another_address_of_the_same_network_waits_too() -> None:
    guesses = Guesses()
    for number in range(GUESSES_PER_MINUTE):
        guesses.wrong(f"2001:db8::{number}")
    with pytest.raises(TooMany, match="too many wrong tokens"):
        guesses.check("2001:db8::ffff")
    guesses.check("2001:db8:0:1::1")
