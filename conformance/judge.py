"""All sections, in the namespaces that run.py made."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from pathlib import Path

import gomod
import repository
from checks import apply, article, azure, breadth, charts, hostile, istio, itself, prometheus, shell, trials
from cluster import PROGRAMS, Cluster, must
from processes import Servers, run, words
from report import finish, note, skip, whole
from tools import Tools, pins
from trees import ROOT, Tree, examples, render


class Judge:
    """What all sections share."""

    def __init__(self, work: Path) -> None:
        folders = [Path(p) for p in os.environ["CONFORMANCE_FOLDERS"].split(os.pathsep) if p]
        missing = dict(line.split("\t", 1) for line in os.environ["CONFORMANCE_MISSING"].splitlines())
        self.work = work
        self.tools = Tools(folders, missing)
        self.meshgen = Path(os.environ["MESHGEN"])
        self.apart = not os.environ["CONFORMANCE_NO_CLUSTER"]
        self.servers = Servers(work)
        self.cluster = Cluster(self.tools, work, self.servers)
        self.env = {"HELM_CACHE_HOME": str(work / "helm"), "HELM_CONFIG_HOME": str(work / "helm"), "HELM_DATA_HOME": str(work / "helm"), "HELMFILE_CACHE_HOME": str(work / "helm")}
        self.trees: list[Tree] = []
        self.up = False

    def lacks(self, *programs: str) -> str:
        """Why something cannot be done, if so."""
        found = [self.tools.missing[p] for p in programs if p in self.tools.missing]
        return found[0] if found else ""

    def needs_cluster(self, what: str, *programs: str) -> bool:
        """Starts it when it is first needed."""
        reason = os.environ["CONFORMANCE_NO_CLUSTER"] or self.lacks(*PROGRAMS, *programs)
        if reason:
            skip(what, reason)
            return False
        if not self.up:
            self.cluster.up()
            self.up = True
            note("the cluster is there")
            if folder := os.environ.get("MESHGEN_SCHEMAS"):
                apply.schemas(self.cluster, Path(folder))
            else:
                skip("definitions of other people's kinds", "MESHGEN_SCHEMAS is not set")
        return True

    def charts(self) -> None:
        """The repositories that state files name, once."""
        if not self.apart or "SSL_CERT_FILE" in self.env:
            return
        must(["ip", "link", "set", "lo", "up"])
        known: repository.Charts = [("charts.dgraph.io", Path(__file__).parent / "charts" / "dgraph", "24.1.4")]
        known += istio_charts()
        self.env |= repository.serve(self.work, self.helm, known)

    def helm(self, *arguments: str) -> None:
        """Runs it, for things that cannot go wrong."""
        done = run([self.tools.find("helm"), *arguments], env=self.env)
        if done.returncode:
            raise RuntimeError(words(done))


def istio_charts() -> repository.Charts:
    """Istio's own, which are in the module that istioctl is built from."""
    pin = pins()["istio"]
    source = gomod.folder(pin["module"]) / "manifests" / "charts"
    names = ("base", "istio-control/istio-discovery", "istio-cni", "ztunnel", "gateway")
    return [("blob.istio.io/istio-release/charts", source / name, pin["version"]) for name in names if (source / name).is_dir()]


def offline(judge: Judge) -> None:
    """What needs no cluster."""
    shell.all_of(judge.tools, judge.trees)
    charts.all_of(judge.tools, judge.trees, judge.env)
    for one in judge.trees:
        if reason := judge.lacks("istioctl"):
            skip(f"{one.name}: istioctl", reason)
        else:
            istio.validate(judge.tools, one)
            istio.generate(judge.tools, one)
        if reason := judge.lacks("promtool"):
            skip(f"{one.name}: promtool", reason)
        else:
            prometheus.check_tree(judge.tools, one, judge.work)


def into_cluster(judge: Judge) -> None:
    """Every tree into the cluster and out again."""
    if judge.needs_cluster("kubectl apply"):
        env = judge.env | {"KUBECONFIG": str(judge.cluster.kubeconfig)}
        for one in judge.trees:
            apply.tree(judge.cluster, one, functools.partial(charts.online, judge.tools, one, env))


def whole_article(judge: Judge) -> None:
    """By the scripts."""
    if judge.needs_cluster("the article by its scripts", "helmfile", "helm", "istioctl", "pilot-discovery"):
        spec = ROOT / "examples" / "aks-istio-dgraph" / "meshgen.yaml"
        stays = render("article-existing", [spec, Path(__file__).parent / "specs" / "existing.yaml"], judge.work / "trees", judge.meshgen)
        here = next(t for t in judge.trees if t.name == "aks-istio-dgraph")
        article.on_azure(judge.cluster, here, stays, judge.work / "desks", judge.env)


def strings(judge: Judge) -> None:
    """Hostile ones."""
    if judge.needs_cluster("hostile strings"):
        hostile.strings(judge.cluster, judge.work, judge.meshgen)


def many_specs(judge: Judge) -> None:
    """With the schemas of a server, where there is one."""
    there = judge.needs_cluster("breadth: the API server's schemas")
    breadth.all_of(judge.tools, judge.work, judge.meshgen, judge.env, judge.cluster if there else None)


PARTS: dict[str, Callable[[Judge], None]] = {
    "itself": lambda _judge: itself.all_of(),
    "offline": offline,
    "azure": lambda judge: azure.all_of(judge.trees, judge.work),
    "apply": into_cluster,
    "hostile": strings,
    "breadth": many_specs,
    "trials": trials.all_of,
    "article": whole_article,
}


def main() -> int:
    """The sections that are asked for."""
    work, asked = Path(sys.argv[1]), sys.argv[2:]
    if unknown := [a for a in asked if a not in PARTS]:
        print(f"error: no section `{unknown[0]}`: they are {', '.join(PARTS)}", file=sys.stderr)
        return 2
    judge = Judge(work)
    try:
        with whole("rendering the examples"):
            judge.charts()
            judge.trees = examples(work / "trees", judge.meshgen)
        for name, part in PARTS.items():
            if not asked or name in asked:
                with whole(name):
                    part(judge)
    finally:
        judge.servers.stop()
    return finish()


if __name__ == "__main__":
    sys.exit(main())
