"""Many specs, so that every pair of choices occurs in one of them, through the tools that cost little."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from checks.charts import all_of as all_charts
from checks.istio import complaints, generate, istioctl
from cluster import Cluster
from processes import run, words
from report import check, note, skip
from tools import Tools
from trees import Tree, documents, files

Spec = dict[str, Any]
Choice = dict[str, str]
FACTORS: dict[str, list[str]] = {
    "cluster": ["aks-calico", "aks-cilium", "kind", "existing-calico", "existing-cilium", "existing-none"],
    "istio": ["none", "default", "demo", "minimal", "ambient", "preview", "revision", "helm", "existing", "existing-revision", "managed"],
    "mesh": ["sidecar", "ambient", "none"],
    "security": ["open", "strict", "deny", "everything"],
    "addons": ["none", "prometheus", "article", "tls", "loki", "zipkin"],
    "pods": ["privileged", "baseline", "restricted"],
    "names": ["short", "long", "digits"],
    "count": ["1", "3", "12"],
    "calls": ["nobody", "chain", "methods", "blocks", "outside"],
}
NAMES = {"short": "a", "long": "n" * 40, "digits": "0-1"}


def rows() -> list[Choice]:
    """A few rows in which each pair of values of two factors occurs: always the value next that covers most of what is left."""
    keys = list(FACTORS)
    left = {((a, x), (b, y)) for a, b in itertools.combinations(keys, 2) for x in FACTORS[a] for y in FACTORS[b]}
    found: list[Choice] = []
    while left:
        first, second = min(left)
        row: Choice = dict([first, second])
        for key in keys:
            if key not in row:
                row[key] = max(FACTORS[key], key=lambda v: (gain(row, key, v, left), hashlib.md5(f"{len(found)}{v}".encode()).hexdigest()))
        left -= set(itertools.combinations([(k, row[k]) for k in keys], 2))
        found.append(row)
    return found


def gain(row: Choice, key: str, value: str, left: set[Any]) -> int:
    """How many pairs a value would cover."""
    order = list(FACTORS)
    return sum(tuple(sorted([(key, value), (k, v)], key=lambda p: order.index(p[0]))) in left for k, v in row.items())


def spec(row: Choice) -> Spec:
    """The spec of a row. What excludes each other is meshgen's to refuse, but for what this makes fit."""
    name = NAMES[row["names"]]
    made: Spec = {"meshgen": "v1", "project": "p" + name, "cluster": cluster(row["cluster"])}
    if (istio := mesh(row)) is not None:
        made["istio"] = istio
    meshed = row["mesh"] if istio is not None else "none"
    made["namespaces"] = {f"{name}-apps": {"mesh": meshed, "podSecurity": row["pods"]}, "others": {"mesh": meshed}}
    made["workloads"], made["policies"] = apps(row, f"{name}-apps")
    security(made, row, meshed)
    if row["calls"] == "outside":
        made["external"] = {"api": {"hosts": ["api.example.com"], "ports": [443], "allow": [{"from": [f"{name}-apps/w00"]}]}}
    if istio is not None and row["addons"] != "none":
        made["addons"] = addons(row["addons"])
    return made


def cluster(kind: str) -> Spec:
    """Where it runs."""
    if kind == "aks-calico":
        return {"aks": {"location": "westus2", "registry": "breadth", "networkPlugin": "azure", "networkPolicy": "calico"}}
    if kind == "aks-cilium":
        return {
            "aks": {"location": "westus2", "registry": "breadth", "networkPlugin": "azure", "networkPluginMode": "overlay", "networkDataplane": "cilium", "networkPolicy": "cilium"}
        }
    if kind == "kind":
        return {"kind": {"networkPolicy": "calico"}}
    return {"existing": {"networkPolicy": kind.partition("-")[2]}}


def mesh(row: Choice) -> Spec | None:
    """Which Istio. The add-on is Azure's; ambient mode and restricted pods have needs of their own."""
    kind = row["istio"]
    if kind == "managed":
        kind = "managed" if row["cluster"].startswith("aks") else "default"
    ambient = row["mesh"] == "ambient"
    if kind == "none":
        return None
    if kind.startswith("existing"):
        return {"existing": {"version": "1.31.1", "revision": "canary" if kind.endswith("revision") else "default", "cni": True, "ambient": ambient}}
    if kind == "managed":
        return {"managed": {"revision": "asm-1-30"}}
    made: Spec = {"version": "1.31.1", "profile": "ambient" if ambient else kind if kind in FACTORS["istio"][1:6] else "default", "components": {"cni": {"enabled": True}}}
    if kind == "revision":
        made["revision"] = "canary"
    if kind == "helm":
        made["install"] = "helm"
    return made


def apps(row: Choice, place: str) -> tuple[Spec, Spec]:
    """A chain of callers."""
    count = int(row["count"])
    ports: Spec = {"http": 8080, "grpc": {"port": 9090, "service": 90}, "tcp-raw": 7000}
    workloads = {f"{place}/w{i:02}": {"image": f"registry.example.com/w{i}:1.0.{i}", "ports": ports, "replicas": i % 3 + 1} for i in range(count)}
    allow: dict[str, list[Spec]] = {
        "nobody": [],
        "chain": [{"from": ["others/client"], "ports": ["http"]}, {"from": [f"{place}/*"]}],
        "methods": [{"from": [f"{place}/*"], "ports": ["http"], "methods": ["GET"], "paths": ["/a/*"]}],
        "blocks": [{"fromCidrs": ["203.0.113.0/24"], "ports": ["http"]}],
        "outside": [{"fromNamespaces": "all", "ports": [8080, "tcp-raw"]}],
    }
    workloads["others/client"] = {"image": "registry.example.com/client:1.0.0"}
    return workloads, {f"{place}/w{i:02}": {"allow": allow[row["calls"]]} for i in range(count)}


def security(made: Spec, row: Choice, meshed: str) -> None:
    """As far as there is somebody to enforce it."""
    said: Spec = {}
    if row["security"] in ("strict", "everything") and meshed != "none":
        said["mtls"] = "STRICT"
    if row["security"] in ("deny", "everything"):
        said["deny"] = ["ingress", "egress"]
    if meshed != "none" and (row["security"] == "everything" or row["calls"] == "methods") and not (meshed == "ambient" and row["calls"] == "blocks"):
        said["enforce"] = ["NetworkPolicy", "AuthorizationPolicy"]
    # Without a sidecar nobody reads methods.
    if meshed != "sidecar" and row["calls"] == "methods":
        for policy in made["policies"].values():
            policy["allow"] = [{k: v for k, v in rule.items() if k in ("from", "ports")} for rule in policy["allow"]]
    if said:
        made["security"] = said


def addons(kind: str) -> Spec:
    """Sets that go together."""
    sets: dict[str, Spec] = {
        "prometheus": {"prometheus": {}},
        "article": {"prometheus": {}, "grafana": {}, "jaeger": {}, "kiali": {}},
        "tls": {"prometheus": {"variant": "secure-metrics"}, "grafana": {}},
        "loki": {"prometheus": {}, "grafana": {}, "loki": {}},
        "zipkin": {"prometheus": {}, "zipkin": {}},
    }
    return sets[kind]


def all_of(tools: Tools, work: Path, meshgen: Path, env: dict[str, str], cluster_of: Cluster | None) -> None:
    """Each row: rendered, then read by everybody."""
    refused: list[str] = []
    scripts: dict[str, Path] = {}
    every = rows()
    for number, row in enumerate(every):
        name = f"row {number:02} ({' '.join(row.values())})"
        home = work / "breadth" / f"{number:02}"
        home.mkdir(parents=True)
        path = home / "meshgen.yaml"
        path.write_text(json.dumps(spec(row)))
        done = run([str(meshgen), "render", *files([path]), "--out", str(home / "tree")])
        if done.returncode:
            errors = [line for line in done.stderr.splitlines() if line.startswith("error")]
            refused.append(f"{name}: {'; '.join(dict.fromkeys(errors)) or words(done)}")
            continue
        one = Tree(name, [path], home / "tree", meshgen)
        judged(tools, one, env, cluster_of)
        scripts |= {hashlib.sha256(p.read_bytes()).hexdigest(): p for p in one.scripts()}
    for line in refused:
        note(line)
    check(f"breadth: meshgen renders most of the {len(every)} rows", len(refused) * 5 <= len(every), f"{len(refused)} are refused")
    shellcheck(tools, list(scripts.values()))


def judged(tools: Tools, one: Tree, env: dict[str, str], cluster_of: Cluster | None) -> None:
    """istioctl, the strict schemas of the API server, helm."""
    stream = one.stream()
    if "istioctl" in tools.missing:
        skip(f"{one.name}: istioctl", tools.missing["istioctl"])
    else:
        path = one.folder.parent / "stream.yaml"
        path.write_text(stream)
        done = istioctl(tools, "validate", "--filename", str(path))
        check(f"{one.name}: istioctl validate", not complaints(done), words(done))
        generate(tools, one)
    all_charts(tools, [one], env)
    if cluster_of:
        # Into a namespace that is there: what is asked is the form, not the place.
        here = [{**d, "metadata": {**d["metadata"], "namespace": "default"}} if d["metadata"].get("namespace") else d for d in documents(stream)]
        text = "\n---\n".join(map(json.dumps, here))
        done = cluster_of.kubectl("create", "--dry-run=server", "--validate=strict", "--filename", "-", text=text)
        check(f"{one.name}: the API server's schemas ({len(here)} objects)", done.returncode == 0, words(done))


def shellcheck(tools: Tools, scripts: list[Path]) -> None:
    """Each text once: most are the same in many trees."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(lambda path: run([tools.find("shellcheck"), "--external-sources", path.name], cwd=path.parent), scripts))
    wrong = [f"{path}: {words(done)}" for path, done in zip(scripts, found, strict=True) if done.returncode]
    check(f"breadth: shellcheck of {len(scripts)} scripts that differ", scripts and not wrong, "\n".join(wrong))
