"""The scripts for Azure against a cloud that knows az's options and keeps state (azure/az.py)."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

from processes import Done, run, words
from report import check
from trees import Tree

HERE = Path(__file__).resolve().parent.parent
MAKERS = ("create_resource_group", "create_registry", "create_cluster")


class Cloud:
    """One subscription, empty at first."""

    def __init__(self, one: Tree, home: Path) -> None:
        self.tree, self.home = one, home
        (home / "bin").mkdir(parents=True)
        shutil.copy(HERE / "stand_ins" / "az", home / "bin" / "az")
        self.env = {
            "PATH": f"{home / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(home),
            "CONFORMANCE_PYTHON": sys.executable,
            "CONFORMANCE_AZ": str(HERE / "azure" / "az.py"),
            "AZ_STATE": str(home / "azure.json"),
        }

    def script(self, name: str, *arguments: str, **more: str) -> Done:
        """Runs one."""
        return run(["bash", f"scripts/{name}.sh", *arguments], cwd=self.tree.folder, env={**self.env, **more})

    def state(self) -> dict[str, dict[str, dict[str, object]]]:
        """What there is."""
        path = self.home / "azure.json"
        return json.loads(path.read_text()) if path.exists() else {}


def all_of(trees: list[Tree], work: Path) -> None:
    """Every tree that makes a cluster in Azure."""
    for one in trees:
        if "az aks create" in "".join(p.read_text() for p in one.scripts() if p.stem == "create_cluster"):
            straight(one, Cloud(one, work / "clouds" / one.name))
            broken(one, Cloud(one, work / "clouds" / f"{one.name}-broken"))
            odd_settings(one, Cloud(one, work / "clouds" / f"{one.name}-odd"))


def makers(one: Tree) -> list[str]:
    """Those that this tree has; a project without images needs no registry."""
    return [name for name in MAKERS if (one.folder / "scripts" / f"{name}.sh").exists()]


def straight(one: Tree, cloud: Cloud) -> None:
    """In order, twice, and away."""
    for times in ("", " a second time"):
        before = cloud.state()
        for name in makers(one):
            done = cloud.script(name)
            check(f"{one.name}: az takes scripts/{name}.sh{times}", done.returncode == 0, words(done))
        if times:
            check(f"{one.name}: twice is the same as once", cloud.state() == before, f"{before}\n{cloud.state()}")
    made = {kind: list(names) for kind, names in cloud.state().items()}
    check(f"{one.name}: there is one cluster in one group", len(made.get("aks", [])) == 1 and len(made.get("group", [])) == 1, made)
    for times in ("", " where nothing is left"):
        done = cloud.script("clean_up", "--yes")
        check(f"{one.name}: scripts/clean_up.sh{times}", done.returncode == 0, words(done))
    check(f"{one.name}: nothing is left in the cloud", not any(cloud.state().values()), cloud.state())


def broken(one: Tree, cloud: Cloud) -> None:
    """A failure in the middle is told, and the next try goes on from there."""
    for name in makers(one)[:-1]:
        cloud.script(name)
    done = cloud.script("create_cluster", AZ_FAIL="aks create")
    check(f"{one.name}: that Azure has no room is an error", done.returncode != 0 and "OverconstrainedZonal" in done.stderr, words(done))
    for name in makers(one):
        done = cloud.script(name)
        check(f"{one.name}: after that failure, scripts/{name}.sh", done.returncode == 0, words(done))
    check(f"{one.name}: and the cluster is there", len(cloud.state().get("aks", {})) == 1, cloud.state())


def odd_settings(one: Tree, cloud: Cloud) -> None:
    """A version that Azure does not offer is refused before anything is made."""
    for name in makers(one)[:-1]:
        cloud.script(name)
    done = cloud.script("create_cluster", AZ_KUBERNETES_VERSION="1.99")
    check(f"{one.name}: a version that is not offered is refused", done.returncode != 0 and not cloud.state().get("aks"), words(done))
