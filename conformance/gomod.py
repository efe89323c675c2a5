"""Programs out of Go modules, also those whose go.mod has replace lines, which `go install` refuses."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any


def program(package: str) -> str:
    """What `go build` calls the program of a package: its last element that is not a major version."""
    parts = [p for p in package.split("/") if not re.fullmatch(r"v[0-9]+", p)]
    return parts[-1]


def go(work: Path, *arguments: str, **settings: str) -> str:
    """Runs it in a module, never in a workspace."""
    env = {**os.environ, "GOWORK": "off", **settings}
    return subprocess.run(["go", *arguments], cwd=work, env=env, capture_output=True, text=True, check=True).stdout


def build(pin: dict[str, Any], work: Path, into: Path) -> None:
    """All programs of a pin, into a folder."""
    flags = ["-ldflags", f"-s -w {pin.get('flags', '')}"]
    if pin.get("replaced"):
        module(pin, work)
        # `-mod=mod` writes down what our module needs as it finds out.
        for package in pin["packages"]:
            go(work, "build", "-mod=mod", *flags, "-o", str(into / program(package)), package)
    else:
        version = pin["module"].partition("@")[2]
        go(work, "install", *flags, *[f"{package}@{version}" for package in pin["packages"]], GOBIN=str(into))
    for old, new in pin.get("rename", {}).items():
        (into / old).rename(into / new)
    for file in pin.get("files", []):
        shutil.copy(Path(json.loads(go(work, "mod", "download", "-json", pin["module"]))["Dir"]) / file, into)


def module(pin: dict[str, Any], work: Path) -> None:
    """A module of our own that needs this one, and replaces and excludes what it does."""
    file = json.loads(go(work, "mod", "download", "-json", pin["module"]))["GoMod"]
    theirs = json.loads(go(work, "mod", "edit", "-json", file))
    go(work, "mod", "init", "meshgen.invalid/tools")
    edits = [f"-go={theirs['Go']}", f"-require={pin['module']}"]
    for line in theirs.get("Replace") or []:
        edits += replacement(line, pin.get("siblings"))
    edits += [f"-exclude={x['Path']}@{x['Version']}" for x in theirs.get("Exclude") or []]
    go(work, "mod", "edit", *edits)


def replacement(line: dict[str, Any], siblings: str | None) -> list[str]:
    """The same line for us. A folder of that repository is not at hand: it is published, under `siblings` or as its go.mod requires it."""
    old, new = line["Old"], line["New"]
    source = old["Path"] + (f"@{old['Version']}" if old.get("Version") else "")
    if new["Path"].startswith("."):
        return [f"-replace={source}={old['Path']}@{siblings}"] if siblings else []
    return [f"-replace={source}={new['Path']}@{new['Version']}"]


def folder(module: str) -> Path:
    """Where the source of a module is, which was downloaded to build it."""
    found = subprocess.run(["go", "mod", "download", "-json", module], env={**os.environ, "GOPROXY": "off"}, capture_output=True, text=True, check=False)
    return Path(json.loads(found.stdout or "{}").get("Dir") or "/nowhere")
