#!/usr/bin/env python3
"""Runs a Python script with the packages of requirements.txt, which are installed once and kept.

usage: with_packages.py SCRIPT [ARGUMENT…]

They stand in ${XDG_CACHE_HOME:-~/.cache}/meshgen, in a folder for each content of requirements.txt and each
version of Python.
"""

import os
import pathlib
import sys

import cached

REQUIREMENTS = pathlib.Path(__file__).with_name("requirements.txt")


def python() -> pathlib.Path:
    """The interpreter, once everything it needs is there."""
    lines = [line.partition("#")[0].strip() for line in REQUIREMENTS.read_text().splitlines()]
    return cached.python(cached.environment("venv", [line for line in lines if line]))


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    interpreter = python()
    os.execv(interpreter, [str(interpreter), *sys.argv[1:]])
