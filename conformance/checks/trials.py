"""Six things broken on purpose: each has to be noticed by the check that is there for it, or that check proves nothing."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from checks import apply, charts, istio, prometheus, shell
from cluster import Cluster
from report import NOW, check, skip, trial
from tools import Tools
from trees import Tree, copy


class Judge(Protocol):
    """What trials need of the judge."""

    work: Path
    tools: Tools
    cluster: Cluster
    env: dict[str, str]
    trees: list[Tree]

    def lacks(self, *programs: str) -> str:
        """Why something cannot be done, if so."""

    def needs_cluster(self, what: str, *programs: str) -> bool:
        """Starts it when it is first needed."""


def all_of(judge: Judge) -> None:
    """One after the other, each on a copy of its own."""
    tools, trees = judge.tools, {t.name: t for t in judge.trees}
    article, small = trees["aks-istio-dgraph"], trees["minimal"]
    broken(judge, article, "a misspelt field in the IstioOperator", "istioctl", "istio/istio.yaml", r"meshConfig:", "meshConfg:", lambda t: operator(tools, t))
    broken(
        judge,
        article,
        "a release that needs another one, which is not there",
        "helmfile",
        "*/dgraph/helmfile.yaml",
        r"(?m)^  chart:",
        "  needs: [dgraph/nobody]\n  chart:",
        lambda t: charts.offline(tools, t, judge.env),
    )
    broken(judge, article, "an unquoted variable in a script", "", "scripts/deploy.sh", r'"\$\{AZ_ACR_NAME\}"', "${AZ_ACR_NAME}", lambda t: shell.all_of(tools, [t]))
    broken(
        judge, article, "a query of a dashboard with a typo", "promtool", "addons/grafana.yaml", r"sum\(", "sum((", lambda t: prometheus.check_tree(tools, t, judge.work / "trial")
    )
    if judge.needs_cluster("noticed: a port out of range"):
        broken(judge, small, "a port out of range in a NetworkPolicy", "", "apps/*/network_policy.yaml", r"port: 80\b", "port: 80800", lambda t: apply.tree(judge.cluster, t))
    if not os.environ.get("MESHGEN_SCHEMAS"):
        skip("noticed: a policy that selects no pod", "MESHGEN_SCHEMAS is not set")
    elif judge.needs_cluster("noticed: a policy that selects no pod", "istioctl"):
        path = "apps/shop/authorization_policy.yaml"
        broken(judge, trees["shop"], "a policy that selects no pod", "istioctl", path, r": cart\b", ": card", lambda t: alone(judge.cluster, t, path))


def alone(cluster: Cluster, one: Tree, path: str) -> None:
    """One file of a tree in a cluster, without the pods that it is for."""
    place = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
    try:
        cluster.apply(f"{json.dumps(place)}\n---\n{(one.folder / path).read_text()}")
        istio.analyze(cluster, one)
    finally:
        cluster.gone("shop")


def operator(tools: Tools, one: Tree) -> None:
    """Both things that istioctl does with it."""
    istio.validate(tools, one)
    istio.generate(tools, one)


def broken(judge: Judge, one: Tree, what: str, program: str, pattern: str, old: str, new: str, look: Callable[[Tree], None]) -> None:
    """Breaks the first place in the first such file."""
    if program and (reason := judge.lacks(program)):
        skip(f"noticed: {what}", reason)
        return
    path = next(one.folder.glob(pattern)).relative_to(one.folder)
    changed = copy(one, judge.work / "trials" / re.sub(r"\W+", "-", what))
    text = (changed.folder / path).read_text()
    (changed.folder / path).write_text(re.sub(old, new, text, count=1))
    with trial() as seen:
        look(changed)
    lines = seen.lines or []
    check(f"noticed: {what}", re.search(old, text) and seen.failed, "\n".join(lines))
    said = [line for line in lines if not line.startswith("ok")]
    for line in said[:8]:
        NOW.tally.say(f"#     {line}")
