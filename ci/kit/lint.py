"""What linters and parsers say of a tree."""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path

import world
from report import check


def run(home: Path) -> None:
    """All example trees."""
    for name in world.CONTEXTS:
        tree(name, world.tree(name), home)


def tree(name: str, where: Path, home: Path) -> None:
    """One tree."""
    tools = home / "bin"
    scripts = sorted(where.rglob("*.sh"))
    check(f"{name}: there are scripts", scripts)
    said = output(where, tools / "shellcheck", "--severity", "style", *scripts)
    check(f"{name}: shellcheck has no words for {len(scripts)} scripts", not said, said)
    for script in scripts:
        said = output(where, "bash", "-n", script)
        if said:
            check(f"{name}: bash reads {script.relative_to(where)}", False, said)
    sourced = {"env.sh", "lib.sh"}
    wrong = [str(s.relative_to(where)) for s in scripts if bool(s.stat().st_mode & 0o100) == (s.name in sourced)]
    check(f"{name}: scripts can be run, and what is sourced cannot", not wrong, wrong)
    for shell in ("dash", "bash"):
        check(f"{name}: {shell} reads env.sh", not (where / "env.sh").exists() or not output(where, shell, "-n", "env.sh"))
    for file in sorted(where.rglob("Dockerfile")):
        said = output(where, tools / "hadolint", "--failure-threshold", "info", file)
        check(f"{name}: hadolint has no words for {file.relative_to(where)}", not said, said)
    for file in sorted(where.rglob("*.py")):
        said = output(
            where,
            tools / "ruff",
            "check",
            "--isolated",
            "--quiet",
            "--no-cache",
            "--target-version",
            "py311",
            "--select",
            "E4,E7,E9,F,B,S,UP,SIM,ANN,D1,C4,BLE,PL",
            "--ignore",
            "PLR",
            file,
        )
        check(f"{name}: ruff has no words for {file.relative_to(where)}", not said, said)
        said = output(where, tools / "ruff", "format", "--isolated", "--no-cache", "--quiet", "--diff", file)
        check(f"{name}: {file.relative_to(where)} is formatted", not said, said)
        ast.parse(file.read_text(), feature_version=(3, 12))
    for file in sorted(where.rglob("*")):
        if file.is_file():
            text = file.read_bytes().decode()
            bad = [line for line in text.split("\n") if line != line.rstrip()]
            blank = "\n\n\n" in text and file.suffix != ".py"
            if bad or blank or not text.endswith("\n") or text.endswith("\n\n"):
                check(f"{name}: {file.relative_to(where)} is tidy at the ends of its lines", False, bad or "blank lines")


def output(where: Path, *command: object) -> str:
    """What a linter says, and nothing if it is content."""
    done = subprocess.run([str(c) for c in command], cwd=where, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    return said or (f"exit code {done.returncode}" if done.returncode else "")
