"""Our own vignettes and look-alikes: `python -m bench.written_emergencies [BATCH …]`.

Of each batch and side how many raise the notice: by rules, by rules and words, and read whole as
the service does. Without batches named, those that have something held back, and all that is.
"""

import argparse
import sys
from collections.abc import Sequence

from bench.train_emergency import WRITTEN, written
from service.safety import find_notice

WAYS = ((False, False), (True, False), (True, True))
"""By words beside the rules, and by the question read whole."""


def raised(questions: Sequence[str]) -> tuple[int, ...]:
    """Return how many of `questions` raise the notice in each of the `WAYS`."""
    return tuple(
        sum(find_notice(one, by_words=words, by_meaning=meaning) is not None for one in questions)
        for words, meaning in WAYS
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a line for each batch."""
    parser = argparse.ArgumentParser(prog="python -m bench.written_emergencies")
    parser.add_argument("batches", type=int, nargs="*", metavar="BATCH")
    chosen = set(parser.parse_args(arguments).batches)
    print("rules; rules and words; read whole")
    for name in WRITTEN:
        kind = name.removeprefix("emergency_").removesuffix(".jsonl")
        sums, count = [0] * len(WAYS), 0
        for side in ("held", "tune") if chosen else ("held",):
            rows = written(name, side)
            there = {row["batch"] for row in rows}
            for batch in sorted(there & chosen if chosen else there):
                asked = [row["question"] for row in rows if row["batch"] == batch]
                found = raised(asked)
                told = ", ".join(map(str, found))
                print(f"{kind:10} {side} {batch:3}: {told} of {len(asked)}", flush=True)
                sums = [a + b for a, b in zip(sums, found, strict=True)]
                count += len(asked)
        told = ", ".join(f"{one} ({one / max(1, count):.1%})" for one in sums)
        print(f"{kind:10} all     : {told} of {count}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
