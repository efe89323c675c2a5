#!/usr/bin/env python3
"""Runs the sections; see check.py."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import hostile
import kit
import lint
import loader
import order
import probes
import report
import settings
import traffic
import world

SECTIONS = {
    "lint": lint.run,
    "settings": settings.run,
    "order": order.run,
    "kit": kit.run,
    "loader": loader.run,
    "traffic": traffic.run,
    "probes": probes.run,
    "hostile": hostile.run,
}


def section(name: str, home: Path) -> None:
    """One section. What is thrown there is a failure, and ends no other."""
    start = time.monotonic()
    try:
        SECTIONS[name](home)
    except Exception:  # noqa: BLE001 - whatever it is, it is said
        report.check(f"{name} comes to its end", False, traceback.format_exc())
    print(f"# {name}: {time.monotonic() - start:.1f} s", flush=True)


def main() -> int:
    """The exit code."""
    home, *words = sys.argv[1:]
    if words[:1] == ["--lint"]:
        for folder in words[1:]:
            lint.tree(folder, Path(folder).resolve(), Path(home))
        return report.finish()
    wrong = set(words) - set(SECTIONS)
    if wrong:
        print(f"error: no such section: {' '.join(sorted(wrong))}; there are: {' '.join(SECTIONS)}", file=sys.stderr)
        return 2
    work = tempfile.mkdtemp(prefix="meshgen-kit-")
    os.environ["KIT_WORK"] = work
    try:
        for name in world.CONTEXTS:
            world.tree(name)
        # Most of the time is spent in waiting for silence.
        with ThreadPoolExecutor(4) as pool:
            for _ in pool.map(lambda name: section(name, Path(home)), words or SECTIONS):
                pass
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return report.finish()


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    # Servers keep threads that nothing waits for.
    os._exit(code)
