"""kubectl against a real API server: strict fields, schemas, CEL and admission; and everything comes back as it was said."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from checks import istio
from cluster import Cluster
from kept import lost
from processes import words
from report import check
from trees import Object, Tree, documents, key, namespaces

STRICT = ("apply", "--server-side", "--validate=strict")
WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet")


def tree(cluster: Cluster, one: Tree, then: Callable[[], None] = lambda: None) -> None:
    """A whole tree, by stream and by kustomization, into an empty cluster and out of it; `then` is what comes while it is there."""
    stream = one.stream()
    said = documents(stream)
    places = sorted(namespaces(said))
    outside = places_not_made(said)
    for place in outside:
        cluster.apply(json.dumps({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": place}}))
    try:
        done = cluster.kubectl(*STRICT, "--filename", "-", text=stream)
        if not check(f"{one.name}: the API server takes all {len(said)} objects", done.returncode == 0, words(done)):
            return
        check(f"{one.name}: and warns of nothing", "Warning" not in done.stderr, done.stderr)
        comes_back(cluster, one.name, said)
        runs(cluster, one.name, said)
        istio.analyze(cluster, one)
        kustomization(cluster, one, said)
        leave_to_helm(cluster, one, said)
        then()
    finally:
        cluster.kubectl("delete", "--ignore-not-found", "--wait=false", "--filename", "-", text=stream)
        cluster.gone(*places)
        cluster.settle()


def places_not_made(said: list[Object]) -> list[str]:
    """Namespaces that somebody else makes, such as Istio's."""
    made = {d["metadata"]["name"] for d in said if d["kind"] == "Namespace"}
    return sorted(namespaces(said) - made)


def comes_back(cluster: Cluster, name: str, said: list[Object]) -> None:
    """No field is dropped."""
    gone = [f"{'/'.join(key(d))}: {x}" for d in said for x in lost(d, stored(cluster, d))]
    check(f"{name}: every field of every object comes back", not gone, "\n".join(gone))


def stored(cluster: Cluster, one: Object) -> Object | None:
    """What the server has, in the version in which it was said."""
    group, _, version = one["apiVersion"].rpartition("/")
    kind = f"{one['kind'].lower()}.{version}.{group}" if group else f"{one['kind'].lower()}s"
    place = one["metadata"].get("namespace")
    found = cluster.items(kind, one["metadata"]["name"], *(["--namespace", place] if place else []), "--ignore-not-found")
    return found[0] if found else None


def runs(cluster: Cluster, name: str, said: list[Object]) -> None:
    """Admission lets the pods in: a namespace that restricts them is served by the pods that are meant for it."""
    patience = 60
    for one in [d for d in said if d["kind"] in WORKLOADS and d["spec"].get("replicas") != 0]:
        what = f"{one['kind'].lower()}/{one['metadata']['name']}"
        place = one["metadata"]["namespace"]
        done = cluster.kubectl("rollout", "status", what, "--namespace", place, f"--timeout={patience}s")
        # Where the first one waits in vain, the others do too.
        patience = patience if done.returncode == 0 else 3
        events = "" if done.returncode == 0 else cluster.kubectl("events", "--namespace", place, "--types=Warning").stdout
        check(f"{name}: {place}/{one['metadata']['name']} gets its pods", done.returncode == 0, f"{words(done)}\n{events}")


def kustomization(cluster: Cluster, one: Tree, said: list[Object]) -> None:
    """`apply -k` is the stream: the same objects, and nothing of them changes."""
    if not (one.folder / "kustomization.yaml").exists():
        return
    built = cluster.kubectl("kustomize", str(one.folder))
    if not check(f"{one.name}: kustomize builds it", built.returncode == 0, words(built)):
        return
    theirs = documents(built.stdout)
    by_key = {key(d): d for d in said}
    wrong = [f"{'/'.join(key(d))}: {x}" for d in theirs for x in lost(d, by_key.get(key(d)))]
    # helmfile brings the clients that are built here, with the image that the registry gives them.
    charts = any(one.folder.rglob("chart/Chart.yaml"))
    missing = by_key.keys() - {key(d) for d in theirs}
    wrong += ["/".join(k) for k in missing if not (charts and k[1] in ("Deployment", "ServiceAccount", "Service"))]
    check(f"{one.name}: kustomize gives the stream, but for what helmfile brings", not wrong, "\n".join(wrong))
    before = generations(cluster, said)
    done = cluster.kubectl(*STRICT, "--kustomize", str(one.folder))
    good = check(f"{one.name}: kubectl apply -k", done.returncode == 0, words(done))
    if good:
        after = generations(cluster, said)
        changed = [f"{k}: {before[k]}, now {after.get(k)}" for k in before if before[k] != after.get(k)]
        check(f"{one.name}: and changes nothing", not changed, "\n".join(changed))


def leave_to_helm(cluster: Cluster, one: Tree, said: list[Object]) -> None:
    """Takes away what kubectl has put there in the place of helm, which does not take over what it has not made."""
    built = documents(cluster.kubectl("kustomize", str(one.folder)).stdout)
    rest = [d for d in said if key(d) not in {key(b) for b in built}]
    if rest:
        cluster.kubectl("delete", "--filename", "-", text="\n---\n".join(map(json.dumps, rest)))


def generations(cluster: Cluster, said: list[Object]) -> dict[str, object]:
    """How often the desired state of each object was changed; where the server does not count that, all that it has."""
    found: dict[str, object] = {}
    for one in said:
        now = stored(cluster, one) or {}
        meta = now.get("metadata", {})
        books = {k: v for k, v in meta.items() if k not in ("managedFields", "resourceVersion")}
        found["/".join(key(one))] = meta.get("generation", {**now, "metadata": books, "status": None})
    return found


def schemas(cluster: Cluster, folder: Path) -> None:
    """The definitions of other people's kinds."""
    for path in sorted(folder.glob("*.yaml")):
        done = cluster.kubectl("apply", "--server-side", "--force-conflicts", "--filename", str(path))
        check(f"the cluster learns {path.name}", done.returncode == 0, words(done))
    cluster.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=60s")
