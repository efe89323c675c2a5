"""How long meshgen takes beside the tools that people use for the same objects: one run, one table of ratios.

    timing.py [OBJECTS…]       5 500 5000 unless said

The same objects come out of all of them, which is compared first: meshgen gets a spec of workloads, helm a chart with one template that
ranges over the workloads in its values, helmfile a release of that chart, kustomize a folder with a file an object. Each is run in turn,
the best time counts, and output goes to a pipe. Set MESHGEN to a release build: what people install.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import yaml

from trees import Object, documents, key

SIZES = (5, 500, 5000)
ROUNDS = {5: 20, 500: 10, 5000: 3}
NAME = "xname0"


@dataclass
class Contestant:
    """A command that prints the objects."""

    name: str
    command: list[str]
    cwd: Path


def spec(names: list[str]) -> Object:
    """A workload gives a Deployment and a ServiceAccount; all in one namespace, which is one more object."""
    workloads = {f"shop/{name}": {"image": "ghcr.io/acme/web:2.4.1"} for name in names}
    return {"meshgen": "v1", "project": "timing", "cluster": {"existing": {"networkPolicy": "calico"}}, "namespaces": {"shop": {}}, "workloads": workloads}


def prepare(meshgen: str, count: int, home: Path) -> list[Contestant]:
    """Four sources of the same objects."""
    names = [f"w{i:04}" for i in range((count - 1) // 2)]
    home.mkdir()
    (home / "meshgen.yaml").write_text(json.dumps(spec(names)))
    (home / "one.yaml").write_text(json.dumps(spec([NAME])))
    chart(meshgen, names, home)
    kustomize(output([meshgen, "render", "--file", "meshgen.yaml"], home), home / "kustomize")
    (home / "helmfile.yaml").write_text(yaml.safe_dump({"releases": [{"name": "timing", "chart": "./chart"}]}))
    return [
        Contestant("meshgen render", [meshgen, "render", "--file", "meshgen.yaml"], home),
        Contestant("helm template", ["helm", "template", "timing", "chart"], home),
        Contestant("kubectl kustomize", ["kubectl", "kustomize", "kustomize"], home),
        Contestant("helmfile template", ["helmfile", "--quiet", "template"], home),
    ]


def chart(meshgen: str, names: list[str], home: Path) -> None:
    """What meshgen makes of one workload, as a template of all."""
    folder = home / "chart"
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text("{apiVersion: v2, name: timing, version: 0.0.0}")
    (folder / "values.yaml").write_text(yaml.safe_dump({"workloads": names}))
    one = output([meshgen, "render", "--file", "one.yaml"], home)
    parts = [part for part in one.split("---\n") if part.strip()]
    # The namespace is there once.
    fixed = [part for part in parts if NAME not in part]
    ranged = [part.replace(NAME, "{{ $name }}") for part in parts if NAME in part]
    text = "---\n".join(["", *fixed]) + "{{- range $name := .Values.workloads }}\n" + "---\n".join(["", *ranged]) + "{{- end }}\n"
    (folder / "templates" / "all.yaml").write_text(text)


def kustomize(stream: str, folder: Path) -> None:
    """A file an object."""
    folder.mkdir()
    files = []
    for i, one in enumerate(documents(stream)):
        files.append(f"{i:05}.yaml")
        (folder / files[-1]).write_text(yaml.safe_dump(one))
    (folder / "kustomization.yaml").write_text(yaml.safe_dump({"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": files}))


def output(command: list[str], cwd: Path) -> str:
    """What it prints."""
    return subprocess.run(command, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True).stdout


def same(contestants: list[Contestant]) -> None:
    """All print the same objects, or the race means nothing."""
    seen = {c.name: {key(d): d for d in documents(output(c.command, c.cwd))} for c in contestants}
    first = seen[contestants[0].name]
    for name, objects in seen.items():
        if objects != first:
            different = [k for k in first.keys() | objects.keys() if first.get(k) != objects.get(k)]
            raise SystemExit(f"error: `{name}` gives other objects: {different[:3]}")


def seconds(contestants: list[Contestant], rounds: int) -> dict[str, float]:
    """The best of some rounds, in turn, so that a busy moment hits all alike."""
    found: dict[str, list[float]] = {c.name: [] for c in contestants}
    for _ in range(rounds):
        for one in contestants:
            start = time.perf_counter()
            output(one.command, one.cwd)
            found[one.name].append(time.perf_counter() - start)
    for name, times in found.items():
        print(f"# {name}: best {min(times) * 1000:.1f} ms, median {statistics.median(times) * 1000:.1f} ms of {rounds}", file=sys.stderr)
    return {name: min(times) for name, times in found.items()}


def main() -> int:
    """Prints the table."""
    meshgen = os.environ["MESHGEN"]
    sizes = [int(word) for word in sys.argv[1:]] or list(SIZES)
    table: dict[int, dict[str, float]] = {}
    with tempfile.TemporaryDirectory(prefix="meshgen-timing-") as work:
        os.environ |= dict.fromkeys(("HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME", "HELMFILE_CACHE_HOME"), work)
        for size in sizes:
            contestants = prepare(meshgen, size, Path(work) / str(size))
            same(contestants)
            table[size] = seconds(contestants, ROUNDS.get(size, 5))
    print(f"Times of meshgen in milliseconds, of the others as multiples of it; {os.cpu_count()} cores, {platform.system()} {platform.machine()}.\n")
    print("| objects | " + " | ".join(table[sizes[0]]) + " |")
    print("|---" * (1 + len(table[sizes[0]])) + "|")
    for size, row in table.items():
        mine = row["meshgen render"]
        print(f"| {size} | {mine * 1000:.1f} ms | " + " | ".join(f"{t / mine:.0f} ×" for n, t in row.items() if n != "meshgen render") + " |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
