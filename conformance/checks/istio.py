"""istioctl: what it validates, what it would install, and whether that is what the judge of meshgen assumes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import yaml

from cluster import Cluster
from kept import lost
from processes import Done, run, words
from report import check
from tools import Tools
from trees import Key, Object, Tree, documents, key

WORKLOADS = {"Deployment", "DaemonSet", "StatefulSet"}
# What istioctl refuses although it is meant: Istio's own Grafana addon calls its port so, and istioctl only looks away in istio-system.
MEANT = re.compile(r'^\s*\* Service/[^/]+/grafana: service "[^"]+" port "service" does not follow the Istio naming convention')
# What istioctl finds of the hollow cluster, where nobody injects (IST0103) and other people's definitions are not of a release (IST0176); namespaces
# that are without sidecars on purpose (IST0102); and ports of Istio's own addons.
AS_IT_IS = re.compile(r"^\w+ (IST0103|IST0176|IST0102) |^Info IST0118 Service [^/]+/(grafana|jaeger-collector): ")
NOISE = re.compile(r"^\s*$|has passed|^validation succeed|is valid|^Error: 1 error occurred:$")


def validate(tools: Tools, one: Tree) -> None:
    """Every file of a tree that holds objects, each by itself, so that the wrong one is named."""
    for path in one.manifests():
        done = istioctl(tools, "validate", "--filename", str(path))
        check(f"{one.name}: istioctl validate {path.relative_to(one.folder)}", not complaints(done), words(done))


def complaints(done: Done) -> list[str]:
    """What istioctl has against it."""
    lines = (done.stdout + done.stderr).splitlines()
    left = [line for line in lines if not NOISE.search(line) and not MEANT.search(line)]
    excused = any(MEANT.search(line) for line in lines)
    return left or ([f"exit code {done.returncode}"] if done.returncode and not excused else [])


def generate(tools: Tools, one: Tree) -> None:
    """What istioctl makes of the files for it, and of what meshgen assumes of that."""
    for path in one.operators():
        done = istioctl(tools, "manifest", "generate", "--filename", str(path))
        name = f"{one.name}: istioctl manifest generate {path.relative_to(one.folder)}"
        if check(name, done.returncode == 0 and "Warning" not in done.stderr, words(done)):
            assumed(one, documents(done.stdout))


def assumed(one: Tree, made: list[Object]) -> None:
    """All that assumed.yaml says of Istio is true: what it names is there, with these labels, accounts and ports."""
    path = one.folder / ".meshgen" / "assumed.yaml"
    if not path.exists():
        return
    real = {key(d): d for d in made}
    places = {k[2] for k in real}
    # Somebody else makes what is not in a namespace of Istio's.
    ours = {key(d) for d in documents(one.stream())}
    claims = [d for d in documents(path.read_text()) if d["metadata"].get("namespace") in places and key(d) not in ours]
    wrong = [f"{'/'.join(key(d))}: {x}" for d in claims for x in differs(d, real)]
    check(f"{one.name}: what is assumed of Istio is so ({len(claims)} objects)", claims and not wrong, "\n".join(wrong))


def differs(claim: Object, real: dict[Key, Object]) -> list[str]:
    """How a claim and the truth are not the same."""
    truth = real.get(key(claim))
    if truth is None:
        return ["istioctl makes no such object"]
    if claim["kind"] == "ConfigMap":
        # Of one that is only said to be there, nothing is claimed.
        mesh = claim.get("data", {}).get("mesh", "{}")
        return lost(yaml.safe_load(mesh), yaml.safe_load(truth["data"].get("mesh", "{}")), ".mesh")
    if claim["kind"] in WORKLOADS:
        return of_pods(claim, truth)
    if claim["kind"] == "Service":
        return of_service(claim, truth)
    return []


def of_pods(claim: Object, truth: Object) -> list[str]:
    """Labels, selector, account."""
    a, b = claim["spec"], truth["spec"]
    return [
        *lost(a["selector"], b["selector"], ".selector"),
        *lost(a["template"]["metadata"]["labels"], b["template"]["metadata"]["labels"], ".labels"),
        *lost(a["template"]["spec"].get("serviceAccountName"), b["template"]["spec"].get("serviceAccountName"), ".serviceAccountName"),
    ]


def of_service(claim: Object, truth: Object) -> list[str]:
    """The selector, and each port by its number; where the real one names no target, that is the port itself."""
    wrong = lost(claim["spec"].get("selector"), truth["spec"].get("selector"), ".selector")
    ports = {p["port"]: p.get("targetPort", p["port"]) for p in truth["spec"]["ports"]}
    for port in claim["spec"]["ports"]:
        if ports.get(port["port"]) != port.get("targetPort", port["port"]):
            wrong.append(f".ports: {port['port']} goes to {ports.get(port['port'])}, not {port.get('targetPort')}")
    return wrong


def analyze(cluster: Cluster, one: Tree) -> None:
    """What istioctl finds in a cluster that has the tree: without a cluster it leaves out all that is about pods and Services."""
    env = {"KUBECONFIG": str(cluster.kubeconfig)}
    done = istioctl(cluster.tools, "analyze", "--all-namespaces", "--output", "json", env=env)
    start = done.stdout.find("[")
    if not check(f"{one.name}: istioctl analyze", start >= 0, words(done)):
        return
    found = [f"{m['level']} {m['code']} {m.get('origin', '')}: {m['message']}" for m in json.loads(done.stdout[start:])]
    found = [line for line in found if not AS_IT_IS.search(line) and not awaited(one, line)]
    check(f"{one.name}: istioctl analyze finds nothing", not found, "\n".join(found))


def awaited(one: Tree, line: str) -> bool:
    """Whether a policy selects no pod because somebody else will bring it: it is assumed."""
    path = one.folder / ".meshgen" / "assumed.yaml"
    labels = re.search(r"IST0127 .*with the following labels: (.*)", line)
    if not labels or not path.exists():
        return False
    wanted = {tuple(pair.split("=", 1)) for pair in labels[1].split(",")}
    return any(wanted <= set(d["spec"]["template"]["metadata"]["labels"].items()) for d in documents(path.read_text()) if d["kind"] in WORKLOADS)


def istioctl(tools: Tools, *arguments: str, env: dict[str, str] | None = None, cwd: Path | None = None) -> Done:
    """Runs it. Without a cluster it must not look for one."""
    return run([tools.find("istioctl"), *arguments], env={"KUBECONFIG": "/nowhere", **(env or {})}, cwd=cwd)
