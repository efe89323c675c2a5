"""A line a check, and the sum of them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

START = time.monotonic()


@dataclass
class Tally:
    """What was seen; `lines` are kept instead of printed where that is a trial."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    lines: list[str] | None = None

    def say(self, line: str) -> None:
        """Prints it, or keeps it."""
        if self.lines is None:
            print(line, flush=True)
        else:
            self.lines.append(line)


@dataclass
class Now:
    """Where checks are counted at the moment."""

    tally: Tally = field(default_factory=Tally)


NOW = Now()


def check(what: str, good: object, detail: object = "") -> bool:
    """Notes whether `what` is so; `detail` says what was seen instead."""
    tally = NOW.tally
    if good:
        tally.passed += 1
    else:
        tally.failed += 1
    tally.say(f"{'ok' if good else 'not ok'} - {what}")
    if not good:
        for line in str(detail).splitlines()[:20]:
            tally.say(f"#   {line}")
    return bool(good)


def skip(what: str, why: str) -> None:
    """Notes that `what` was not looked at."""
    NOW.tally.skipped += 1
    NOW.tally.say(f"ok - {what} # SKIP {why}")


def note(text: str) -> None:
    """A remark, with the seconds since the start."""
    NOW.tally.say(f"# {time.monotonic() - START:.0f} s: {text}")


@contextmanager
def whole(what: str) -> Iterator[None]:
    """One section: that it breaks off is a failure like any other, and the next one still runs."""
    note(what)
    try:
        yield
    except Exception as error:  # whatever it was, it is reported
        check(f"{what} runs to its end", False, f"{type(error).__name__}: {error}")


@contextmanager
def trial() -> Iterator[Tally]:
    """Checks that are not counted: whoever tries them out looks at what they saw."""
    before, NOW.tally = NOW.tally, Tally(lines=[])
    try:
        yield NOW.tally
    finally:
        NOW.tally = before


def finish() -> int:
    """Prints the sum; the exit code."""
    tally = NOW.tally
    note("end")
    tally.say(f"{tally.passed} passed, {tally.failed} failed, {tally.skipped} skipped")
    return 1 if tally.failed or not tally.passed else 0
