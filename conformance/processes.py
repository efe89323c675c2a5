"""Programs that are run to their end, and programs that go on until they are stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

Done = subprocess.CompletedProcess[str]


def run(command: list[str], *, cwd: Path | None = None, env: Mapping[str, str] | None = None, text: str | None = None, seconds: float = 120) -> Done:
    """Runs it; one that takes too long has failed, like one that says no."""
    environ = {**os.environ, **(env or {})}
    stdin = subprocess.DEVNULL if text is None else None
    try:
        return subprocess.run(command, cwd=cwd, env=environ, input=text, stdin=stdin, capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired as error:
        seen = error.stderr.decode() if isinstance(error.stderr, bytes) else error.stderr or ""
        return subprocess.CompletedProcess(command, 124, "", f"{seen}\nnot done after {seconds:.0f} s")


def words(done: Done) -> str:
    """What a failed command said, errors first."""
    return f"exit code {done.returncode}\n{done.stderr.strip()}\n{done.stdout.strip()[-2000:]}".strip()


def until(seconds: float, what: str, ready: Callable[[], bool]) -> None:
    """Waits for it."""
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not after {seconds:.0f} s")
        time.sleep(0.1)


@dataclass
class Servers:
    """What was started, to be stopped in the opposite order."""

    logs: Path
    started: list[tuple[str, subprocess.Popen[bytes]]] = field(default_factory=list)

    def start(self, name: str, command: list[str], *, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> None:
        """Starts it in a session of its own, its words in a log."""
        with (self.logs / f"{name}.log").open("ab") as log:
            started = subprocess.Popen(command, cwd=cwd or self.logs, env={**os.environ, **(env or {})}, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        self.started.append((name, started))

    def alive(self, name: str) -> bool:
        """Whether the last one of that name still runs."""
        return any(n == name and p.poll() is None for n, p in reversed(self.started))

    def log(self, name: str) -> str:
        """The end of its words."""
        path = self.logs / f"{name}.log"
        return path.read_text(errors="replace")[-1500:] if path.exists() else "no log"

    def stop(self, name: str | None = None) -> None:
        """Stops those of that name, or all. By SIGKILL: without etcd an API server lives on for minutes after a SIGTERM."""
        for one, process in reversed(self.started):
            if name in (None, one) and process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self.started = [(n, p) for n, p in self.started if name not in (None, n)]
