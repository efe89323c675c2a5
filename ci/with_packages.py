#!/usr/bin/env python3
"""Runs a Python script with the packages of requirements.txt, which are installed once and kept.

usage: with_packages.py SCRIPT [ARGUMENT…]

They stand in ${XDG_CACHE_HOME:-~/.cache}/meshgen, in a folder for each content of requirements.txt and each
version of Python.
"""

import hashlib
import os
import pathlib
import shutil
import subprocess
import sys

REQUIREMENTS = pathlib.Path(__file__).with_name("requirements.txt")


def cache() -> pathlib.Path:
    base = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(base) / "meshgen"


def python() -> pathlib.Path:
    """The interpreter, once everything it needs is there."""
    key = hashlib.sha256(REQUIREMENTS.read_bytes() + sys.version.encode()).hexdigest()[:16]
    folder = cache() / f"venv-{key}"
    interpreter, complete = folder / "bin" / "python", folder / "complete"
    if not complete.exists():
        # Half of one, from a run that was stopped.
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        pip = [interpreter, "-m", "pip", "install", "--quiet", "--requirement", REQUIREMENTS]
        subprocess.run(pip, check=True, stdout=sys.stderr)
        complete.touch()
    return interpreter


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    interpreter = python()
    os.execv(interpreter, [str(interpreter), *sys.argv[1:]])
