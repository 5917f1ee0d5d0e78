"""What is kept of what was used, against a plain list in the order of use."""

from concurrent.futures import ThreadPoolExecutor

from hypothesis import given
from hypothesis import strategies as st

from index.recent import Recent

STEPS = st.lists(st.tuples(st.integers(0, 5), st.integers(1, 12), st.booleans()), max_size=40)


@given(STEPS, st.integers(0, 30))
def test_those_used_last_are_held_as_far_as_they_fit(
    steps: list[tuple[int, int, bool]], most: int
) -> None:
    recent = Recent[int, str](most)
    used: list[tuple[int, int]] = []
    for number, (key, size, kept) in enumerate(steps):
        known = dict(used)
        found = recent.get(key)
        assert (found is not None) == (key in known)
        if found is not None:
            assert found.startswith(f"{key} of {known[key]}")
            used.append(used.pop([one for one, _ in used].index(key)))
        if kept:
            recent.keep(key, f"{key} of {size}, {number}", size)
            used = [(one, other) for one, other in used if one != key]
            used += [(key, size)] if size <= most else []
            while sum(other for _, other in used) > most:
                used.pop(0)
        assert recent.size == sum(other for _, other in used)
    recent.clear()
    assert recent.size == 0
    assert all(recent.get(key) is None for key in range(6))


def test_threads_share_it_and_its_count_stays_true() -> None:
    recent = Recent[int, int](50)

    def use(thread: int) -> None:
        for step in range(3_000):
            key = (7 * step + thread) % 23
            found = recent.get(key)
            assert found in {None, key}
            recent.keep(key, key, 1 + (key + step) % 9)
            assert recent.size <= 50

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(use, thread) for thread in range(8)]:
            done.result()
    held = [key for key in range(23) if recent.get(key) is not None]
    assert held
    for key in held:
        recent.keep(key, key, 1)
    assert recent.size == len(held)
