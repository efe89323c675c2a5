"""The article by the rendered scripts themselves, on a cluster with a real istiod: installed, deployed, looked at, and taken away."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections import Counter
from pathlib import Path

from checks.charts import ENVIRONMENT
from checks.istio import differs
from cluster import Cluster
from istiod import Istiod
from kept import lost
from processes import Done, run, words
from report import check, note
from trees import Object, Tree, documents, key

STAND_INS = Path(__file__).resolve().parent.parent / "stand_ins"
AZ = Path(__file__).resolve().parent.parent / "azure" / "az.py"
# What every namespace gets from the controllers of Kubernetes.
NOT_OURS = {"default", "kube-root-ca.crt"}


def written_down(command: list[str], done: Done) -> None:
    """What was typed and what was printed, to the file that CONFORMANCE_TRANSCRIPT names, if it names one."""
    if name := os.environ.get("CONFORMANCE_TRANSCRIPT"):
        with Path(name).open("a", encoding="utf-8") as file:
            file.write(f"$ {' '.join(command)}\n{done.stdout}{done.stderr}")


class Desk:
    """Where a person would type: a copy of the tree, the tools on PATH, credentials under the name that env.sh expects."""

    def __init__(self, cluster: Cluster, one: Tree, home: Path, env: dict[str, str]) -> None:
        self.cluster, self.tree, self.home = cluster, one, home
        home.mkdir(parents=True)
        self.bin = home / "bin"
        shutil.copytree(STAND_INS, self.bin)
        tools = cluster.tools
        self.env = {
            **env,
            "REGISTRY": ENVIRONMENT["REGISTRY"],
            "DG_ACCEPT_LIST": "10.9.0.0/16",
            "PATH": f"{self.bin}{os.pathsep}{tools.path()}",
            "HOME": str(home),
            "REAL_HELM": tools.find("helm"),
            "REAL_HELMFILE": tools.find("helmfile"),
            "CONFORMANCE_PYTHON": sys.executable,
            "CONFORMANCE_AZ": str(AZ),
            "CONFORMANCE_CALLS": str(home / "calls"),
            "AZ_STATE": str(home / "azure.json"),
            "AZ_KUBECONFIG": str(cluster.kubeconfig),
            "KUBECONFIG": str(home / "kubeconfig"),
        }

    def script(self, name: str, *arguments: str, **more: str) -> Done:
        """Runs one, from another folder than its own."""
        command = ["bash", str(self.tree.folder / "scripts" / f"{name}.sh"), *arguments]
        done = run(command, cwd=self.home, env={**self.env, **more}, seconds=400)
        written_down([f"scripts/{name}.sh", *arguments], done)
        return done

    def ends_well(self, name: str, *arguments: str, times: str = "") -> bool:
        """Whether it does."""
        done = self.script(name, *arguments)
        return check(f"{self.tree.name}: scripts/{name}.sh{times}", done.returncode == 0, words(done))


def on_azure(cluster: Cluster, one: Tree, gone: Tree, home: Path, env: dict[str, str]) -> None:
    """From no resource group to a deployed cluster; then the clean-up of the same project on a cluster that stays."""
    desk = Desk(cluster, one, home / one.name, env)
    before = everything(cluster)
    for name in ("create_resource_group", "create_registry", "create_cluster", "get_credentials"):
        desk.ends_well(name)
    with Istiod(cluster) as istiod:
        if not desk.ends_well("install_istio"):
            note(f"istiod: {istiod.trouble}\n# {cluster.servers.log('istiod')}")
            return
        if desk.ends_well("deploy"):
            looks_right(cluster, one)
            policies(cluster, one)
            desk.ends_well("deploy", times=" a second time")
        desk.ends_well("install_istio", times=" a second time")
        leaves_nothing(cluster, gone, home, env, before)
    desk.ends_well("clean_up", "--yes")
    check(f"{one.name}: the cloud is empty", all(not v for v in json.loads((desk.home / "azure.json").read_text()).values()))
    check(f"{one.name}: and the credentials are gone", not (desk.home / "kubeconfig").exists())


def leaves_nothing(cluster: Cluster, gone: Tree, home: Path, env: dict[str, str], before: Counter[str]) -> None:
    """The clean-up of a cluster that stays: all that came is gone again."""
    desk = Desk(cluster, gone, home / gone.name, env)
    shutil.copy(cluster.kubeconfig, desk.home / "kubeconfig")
    if desk.ends_well("clean_up", "--yes"):
        left = leftover(cluster, before)
        check(f"{gone.name}: clean-up leaves nothing", not left, "\n".join(left))
        desk.ends_well("clean_up", "--yes", times=" where nothing is left")


def leftover(cluster: Cluster, before: Counter[str]) -> list[str]:
    """What came and has not gone, after the controllers have had their time."""
    for _ in range(60):
        left = sorted((everything(cluster) - before).elements())
        if not left:
            break
        time.sleep(0.5)
    return left


def looks_right(cluster: Cluster, one: Tree) -> None:
    """Labels, sidecars, values."""
    labels(cluster, one)
    sidecars(cluster, one)
    settings(cluster, one)
    as_assumed(cluster, one)


def labels(cluster: Cluster, one: Tree) -> None:
    """Namespaces are labelled as rendered; helm made none of its own."""
    for said in [d for d in documents(one.stream("namespaces")) if d["kind"] == "Namespace"]:
        wrong = lost(said, cluster.items("namespace", said["metadata"]["name"])[0])
        check(f"{one.name}: namespace {said['metadata']['name']} has its labels", not wrong, "\n".join(wrong))


def sidecars(cluster: Cluster, one: Tree) -> None:
    """Injected by a real istiod where the namespace says so, and only there."""
    for said in [d for d in documents(one.stream("namespaces")) if d["kind"] == "Namespace"]:
        name, meshed = said["metadata"]["name"], said["metadata"].get("labels", {}).get("istio-injection") == "enabled"
        pods = cluster.items("pods", "--namespace", name)
        wrong = [p["metadata"]["name"] for p in pods if has_sidecar(p) != meshed]
        check(f"{one.name}: all {len(pods)} pods of {name} run {'with' if meshed else 'without'} a sidecar", pods and not wrong, "\n".join(wrong))
        check(f"{one.name}: and are Ready", cluster.ready("pods", "--namespace", name) == len(pods))


def has_sidecar(pod: Object) -> bool:
    """As a container, or as an init container that goes on."""
    return any(c["name"] == "istio-proxy" for c in pod["spec"]["containers"] + pod["spec"].get("initContainers", []))


def settings(cluster: Cluster, one: Tree) -> None:
    """What the environment said has reached the releases: the registry, and the whitelist."""
    images = {c["image"] for p in cluster.items("pods", "--all-namespaces") for c in p["spec"]["containers"]}
    mine = [i for i in images if i.startswith(("registry.example.com/", "netpolmeshtest.azurecr.io/"))]
    check(f"{one.name}: the clients' image is from the registry", mine, "\n".join(sorted(images)))
    maps = cluster.items("configmap", "--namespace", "dgraph", "--selector", "app=dgraph")
    texts = [v for m in maps for v in m.get("data", {}).values()]
    check(f"{one.name}: the whitelist of the environment is in Dgraph's configuration", any("10.9.0.0/16" in t for t in texts), "\n".join(texts))
    check(f"{one.name}: and no template is left in it", not any("{{" in t for t in texts), "\n".join(texts))


def as_assumed(cluster: Cluster, one: Tree) -> None:
    """All of assumed.yaml that runs here, the charts' part and Istio's: as the judge thinks it is."""
    claims = documents((one.folder / ".meshgen" / "assumed.yaml").read_text())
    claims = [d for d in claims if d["kind"] in ("Deployment", "StatefulSet", "Service") and d["metadata"]["namespace"] != "kube-system"]
    wrong = []
    for claim in claims:
        found = cluster.items(claim["kind"].lower(), claim["metadata"]["name"], "--namespace", claim["metadata"]["namespace"], "--ignore-not-found")
        wrong += [f"{'/'.join(key(claim))}: {x}" for x in differs(claim, {key(d): d for d in found})]
    check(f"{one.name}: the cluster is what the judge assumes ({len(claims)} objects)", not wrong, "\n".join(wrong))


def policies(cluster: Cluster, one: Tree) -> None:
    """What deploy.sh leaves to the tests is taken too, and istiod's webhook has nothing against it."""
    stream = one.stream("policies", "mesh")
    if documents(stream):
        done = cluster.kubectl("apply", "--server-side", "--validate=strict", "--filename", "-", text=stream)
        check(f"{one.name}: the policies are taken", done.returncode == 0, words(done))


def everything(cluster: Cluster) -> Counter[str]:
    """The names of all objects that somebody wanted, so without what controllers write."""
    kinds = cluster.kubectl("api-resources", "--verbs=list,delete", "--output=name").stdout.split()
    skip = ("events", "endpoints", "endpointslices", "leases", "pods", "replicasets", "controllerrevisions", "componentstatuses")
    kinds = [k for k in kinds if k.partition(".")[0] not in skip]
    done = cluster.kubectl(
        "get", ",".join(kinds), "--all-namespaces", "--ignore-not-found", "--output", r'jsonpath={range .items[*]}{.kind} {.metadata.namespace} {.metadata.name}{"\n"}{end}'
    )
    return Counter(line for line in done.stdout.splitlines() if line.split()[-1] not in NOT_OURS)
