"""Where checks run: rendered trees, and a PATH on which clouds and clusters are stand-ins."""

from __future__ import annotations

import copy
import functools
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CONTEXTS = ("aks", "kind", "existing")
FAKES = ("az", "kubectl", "istioctl", "helmfile", "helm", "docker", "kind")
# Short, so that silence is noticed in a second.
QUICK = {
    "PROBE_CONNECT_TIMEOUT": "1",
    "PROBE_MAX_TIME": "2",
    "PROBE_HOLD": "4",
    "PROBE_PROXY_LIMIT": "2",
    "PROBE_TRIES": "1",
    "PROBE_PAUSE": "0",
    "PROBE_MARGIN": "15",
    "KUBE_TIMEOUT": "15",
    "METRICS_WAIT": "1",
}


def context(name: str) -> dict:
    """One of the example contexts."""
    return json.loads((HERE / "contexts" / f"{name}.json").read_text())


@functools.cache
def renderer() -> str:
    """The program that renders, built if it has to be."""
    command = ["cargo", "build", "--quiet", "--package", "meshgen-scripts", "--example", "render_context", "--message-format", "json"]
    built = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    messages = map(json.loads, built.stdout.splitlines())
    found = [m["executable"] for m in messages if m.get("target", {}).get("name") == "render_context" and m.get("executable")]
    return found[-1]


def folder() -> Path:
    """A new folder."""
    return Path(tempfile.mkdtemp(prefix="kit-", dir=os.environ["KIT_WORK"]))


def render(value: dict) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """The tree of a context, and what the program said."""
    tree = folder()
    source = tree.with_suffix(".json")
    source.write_text(json.dumps(value))
    done = subprocess.run([renderer(), str(source), str(tree)], capture_output=True, text=True, check=False)
    return tree, done


@functools.cache
def tree(name: str) -> Path:
    """The tree of an example context; not to be changed."""
    made, done = render(context(name))
    assert done.returncode == 0, done.stderr
    return made


class World:
    """Stand-ins that answer by rules, and remember each call."""

    def __init__(self, rules: list[dict], without: tuple[str, ...] = ()) -> None:
        self.state = folder()
        self.home = folder()
        self.bin = folder()
        self.rules(rules)
        for name in FAKES:
            if name not in without:
                (self.bin / name).symlink_to(HERE / "fake.py")
        # The stand-ins are Python programs; the scripts get the ordinary tools, and no real kubectl.
        (self.bin / "python3").symlink_to(sys.executable)

    def rules(self, rules: list[dict]) -> None:
        """From now on these rules hold."""
        (self.state / "rules.json").write_text(json.dumps(rules))

    def environ(self, **more: str) -> dict[str, str]:
        """The environment of a script."""
        tools = Path(sys.executable).parent
        path = f"{self.bin}:{tools}:/usr/bin:/bin"
        return {"PATH": path, "HOME": str(self.home), "FAKE_STATE": str(self.state), "LC_ALL": "C.UTF-8", **QUICK, **more}

    def run(self, where: Path, *command: str, limit: float = 60, stdin: str = "", **more: str) -> subprocess.CompletedProcess[str]:
        """Runs a command in a tree."""
        return subprocess.run(command, cwd=where, env=self.environ(**more), input=stdin, capture_output=True, text=True, timeout=limit, check=False)

    def calls(self) -> list[list[str]]:
        """Every call since the last time that somebody asked."""
        file = self.state / "calls"
        lines = file.read_text().splitlines() if file.exists() else []
        file.unlink(missing_ok=True)
        return [json.loads(line) for line in lines]


def changed(name: str, change: object) -> dict:
    """An example context after `change(context)`."""
    value = copy.deepcopy(context(name))
    change(value)  # type: ignore[operator]
    return value


def said(calls: list[list[str]]) -> list[str]:
    """The calls as lines, without the context of kubectl and helmfile."""
    lines = []
    for call in calls:
        line = " ".join(call)
        lines.append(line.replace(" --context netpolmesh-test", "").replace(" --kube-context netpolmesh-test", ""))
    return lines


def find(calls: list[list[str]], *words: str) -> list[int]:
    """Where in the calls all of the words are, in their order."""
    hits = []
    for at, call in enumerate(calls):
        rest = iter(call)
        if all(any(word == part for part in rest) for word in words):
            hits.append(at)
    return hits
