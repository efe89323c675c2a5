"""What is judged: the tree of each example, as meshgen renders it now."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from processes import run, words

ROOT = Path(__file__).resolve().parent.parent
Object = dict[str, Any]
Key = tuple[str, str, str, str]


@dataclass
class Tree:
    """A rendered spec."""

    name: str
    specs: list[Path]
    folder: Path
    meshgen: Path

    def stream(self, *only: str) -> str:
        """The manifests on standard output, all or those of some parts."""
        done = run([str(self.meshgen), "render", *files(self.specs), *[f"--only={part}" for part in only]])
        if done.returncode:
            raise RuntimeError(words(done))
        return done.stdout

    def manifests(self) -> list[Path]:
        """Every YAML file that holds objects."""
        found = sorted(p for p in self.folder.rglob("*.yaml") if ".meshgen" not in p.parts)
        return [p for p in found if p.name != "kustomization.yaml" and "chart" not in p.parts and all("kind" in d for d in documents(p.read_text()))]

    def helmfiles(self) -> list[Path]:
        """Every state file."""
        return sorted(p for p in self.folder.rglob("helmfile*.y*ml*"))

    def scripts(self) -> list[Path]:
        """Every shell script."""
        return sorted(self.folder.rglob("*.sh"))

    def operators(self) -> list[Path]:
        """Every file for istioctl."""
        return [p for p in self.manifests() if any(d["kind"] == "IstioOperator" for d in documents(p.read_text()))]


def files(specs: list[Path]) -> list[str]:
    """As options of meshgen."""
    return [word for path in specs for word in ("--file", str(path))]


def render(name: str, specs: list[Path], into: Path, meshgen: Path) -> Tree:
    """A tree in a folder of its own."""
    folder = into / name
    done = run([str(meshgen), "render", *files(specs), "--out", str(folder)])
    if done.returncode:
        raise RuntimeError(f"{name}: {words(done)}")
    return Tree(name, specs, folder, meshgen)


def examples(into: Path, meshgen: Path) -> list[Tree]:
    """Of all examples."""
    return [render(p.parent.name, [p], into, meshgen) for p in sorted((ROOT / "examples").glob("*/meshgen.yaml"))]


def copy(tree: Tree, into: Path) -> Tree:
    """The same tree elsewhere, to be changed."""
    shutil.copytree(tree.folder, into)
    return Tree(tree.name, tree.specs, into, tree.meshgen)


def documents(text: str) -> list[Object]:
    """The objects of a stream."""
    return [d for d in yaml.load_all(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)) if isinstance(d, dict)]


def key(one: Object) -> Key:
    """What identifies an object, whatever version it is asked for in."""
    group = one["apiVersion"].rpartition("/")[0]
    return group, one["kind"], one["metadata"].get("namespace", ""), one["metadata"]["name"]


def namespaces(objects: list[Object]) -> set[str]:
    """Those that are made, and those that something stands in."""
    made = {d["metadata"]["name"] for d in objects if d["kind"] == "Namespace"}
    return made | {d["metadata"]["namespace"] for d in objects if d["metadata"].get("namespace")}
