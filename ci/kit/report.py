"""A line a check, and the sum of them."""

from __future__ import annotations

import threading

_LOCK = threading.Lock()
_COUNTS = {"passed": 0, "failed": 0, "skipped": 0}


def check(what: str, good: object, detail: object = "") -> bool:
    """Notes whether `what` is so; `detail` says what was seen instead."""
    with _LOCK:
        _COUNTS["passed" if good else "failed"] += 1
        print(f"{'ok' if good else 'not ok'} - {what}", flush=True)
        if not good and detail:
            print("\n".join(f"#   {line}" for line in str(detail).splitlines()[-20:]), flush=True)
    return bool(good)


def skip(what: str, why: str) -> None:
    """Notes that `what` was not looked at."""
    with _LOCK:
        _COUNTS["skipped"] += 1
        print(f"ok - {what} # SKIP {why}", flush=True)


def finish() -> int:
    """Prints the sum; the exit code."""
    print(f"{_COUNTS['passed']} passed, {_COUNTS['failed']} failed, {_COUNTS['skipped']} skipped")
    return 1 if _COUNTS["failed"] or not _COUNTS["passed"] else 0
