"""The scripts in their order, against stand-ins that remember what was made: what is called, when, and how often."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import world
from report import check

AKS = ("create_resource_group", "create_registry", "create_cluster", "get_credentials", "install_istio", "deploy")
KIND = ("create_registry", "create_cluster", "install_istio", "deploy")


def az(*words: str, **rest: object) -> dict:
    """A rule of az."""
    return {"program": "az", "words": list(words), **rest}


def cloud(*first: dict) -> list[dict]:
    """Azure, a cluster and the tools of this machine."""
    kubectl = {"program": "kubectl"}
    return [
        *first,
        az("group", "exists", **{"if": "group"}, out="true\n"),
        az("group", "exists", out="false\n"),
        az("group", "create", makes="group"),
        az("group", "show", out="meshgen\nnetpolmesh-test\n"),
        az("group", "delete", removes=["group", "acr", "aks"]),
        az("acr", "list", **{"if": "acr"}, out="netpolmeshtest\n"),
        az("acr", "check-name", out="true\n"),
        az("acr", "create", makes="acr"),
        az("acr", "delete", removes=["acr"]),
        az("acr", "show", "loginServer", out="netpolmeshtest.azurecr.io\n"),
        az("aks", "list", **{"if": "aks"}, out="Succeeded\n"),
        az("aks", "get-versions", out="1.35\n1.36\n"),
        az("aks", "create", makes="aks"),
        az("aks", "delete", removes=["aks"]),
        az("aks", "get-credentials", writes="--file"),
        az("aks", "mesh", "enable", makes="mesh"),
        az("aks", "show", **{"if": "mesh"}, out="Istio\n"),
        {"program": "helm", "words": ["plugin", "list"], "out": "NAME\tVERSION\ndiff\t3.15.11\n"},
        {"program": "istioctl", "words": ["version"], "out": "1.31.1\n"},
        {"program": "kind", "words": ["get", "clusters"], "if": "cluster", "out": "netpolmesh-test\n"},
        {"program": "kind", "words": ["get", "nodes"], "out": "node-1\nnode-2\n"},
        {"program": "kind", "words": ["create", "cluster"], "makes": "cluster", "writes": "--kubeconfig"},
        {"program": "kind", "words": ["delete", "cluster"], "removes": ["cluster"]},
        {"program": "docker", "words": ["run"], "makes": "registry"},
        {"program": "docker", "words": ["rm"], "removes": ["registry"]},
        {"program": "docker", "words": ["ls", "--quiet"], "if": "registry", "out": "0123456789ab\n"},
        {"program": "docker", "words": ["ls"], "if": "registry", "out": "running\n"},
        {"program": "docker", "words": ["inspect"], "if": "connected", "out": '{"bridge":{},"kind":{}}\n'},
        {"program": "docker", "words": ["inspect"], "out": '{"bridge":{}}\n'},
        {"program": "docker", "words": ["network", "connect"], "makes": "connected"},
        {**kubectl, "words": ["get", "deployments", "app=istiod"], "if": "istiod", "out": "deployment.apps/istiod\n"},
    ]


def run(_home: Path) -> None:
    """Each kind of cluster, from nothing to nothing."""
    jobs = (on_aks, on_kind, failures, on_existing, refusals, on_aks_of_others, on_aks_without_engine, managed_mesh)
    with ThreadPoolExecutor(4) as pool:
        for job in [pool.submit(job) for job in jobs]:
            job.result()


def calls(one: world.World, tree: Path, names: tuple[str, ...], **environ: str) -> list[list[str]]:
    """All calls of these scripts; each has to end well."""
    for name in names:
        done = one.run(tree, f"scripts/{name}.sh", **environ)
        if done.returncode:
            check(f"scripts/{name}.sh ends well", False, f"{done.returncode}: {done.stdout}{done.stderr}")
    return one.calls()


def in_order(what: str, seen: list[list[str]], *steps: tuple[str, ...]) -> None:
    """Whether the first call of each step comes after the first call of the one before."""
    at = [world.find(seen, *step)[:1] for step in steps]
    flat = [hit[0] for hit in at if hit]
    missing = [" ".join(step) for step, hit in zip(steps, at, strict=True) if not hit]
    check(what, not missing and flat == sorted(flat), f"missing: {missing}\n" + "\n".join(world.said(seen)))


def on_aks() -> None:
    """The article's project."""
    one, tree = world.World(cloud()), world.tree("aks")
    seen = calls(one, tree, AKS)
    in_order(
        "aks: group, registry, cluster, credentials, Istio, namespaces, addons, releases, images, clients, waiting",
        seen,
        ("group", "create", "--location", "westus2", "--tags"),
        ("acr", "create", "--sku", "Basic"),
        ("aks", "create", "--attach-acr", "netpolmeshtest"),
        ("aks", "get-credentials"),
        ("istioctl", "install", "--filename", "istio/istio.yaml"),
        ("apply", "--filename", "examples/dgraph/namespace.yaml"),
        ("apply", "--server-side", "--filename", "addons/grafana.yaml"),
        ("helmfile", "--file", "examples/dgraph/helmfile.yaml", "apply"),
        ("acr", "login"),
        ("docker", "build", "--tag", "netpolmeshtest.azurecr.io/pydgraph-client:1.0.0"),
        ("docker", "push", "netpolmeshtest.azurecr.io/pydgraph-client:1.0.0"),
        ("helmfile", "--namespace", "pydgraph-deny", "apply"),
        ("helmfile", "--namespace", "pydgraph-allow", "apply"),
        ("rollout", "status", "statefulset/demo-dgraph-alpha"),
    )
    create = " ".join(seen[world.find(seen, "aks", "create")[0]])
    wanted = "--kubernetes-version 1.36 --network-plugin azure --network-policy calico --zones 1 2 3"
    check("aks: the cluster is made as the spec says, and no option is empty", wanted in create and "--node-vm-size" not in create, create)
    check("aks: deploy leaves the policy to Test 1", not world.find(seen, "examples/dgraph/network_policy.yaml"))
    lost = [c for c in seen if c[0] in ("kubectl", "helmfile", "istioctl") and "netpolmesh-test" not in c and "config" not in c and c[1] != "version"]
    check("aks: every call names its cluster", not lost, world.said(lost))
    kubeconfig = one.home / ".kube/netpolmesh-test.yaml"
    check("aks: the credentials are for nobody else", kubeconfig.stat().st_mode & 0o077 == 0)
    again = calls(one, tree, AKS)
    made = [c for c in again if c[0] == "az" and "create" in c]
    check("aks: twice makes nothing twice", not made, world.said(made))
    done = one.run(tree, "scripts/clean_up.sh", "--yes")
    seen = one.calls()
    check("aks: clean-up deletes the group that is ours", not done.returncode and world.find(seen, "group", "delete", "--yes"), done.stdout + done.stderr)
    check(
        "aks: and the images, the login and the credentials",
        world.find(seen, "docker", "image", "rm") and world.find(seen, "docker", "logout", "netpolmeshtest.azurecr.io") and not kubeconfig.exists(),
        world.said(seen),
    )
    done = one.run(tree, "scripts/clean_up.sh", "--yes")
    check("aks: clean-up twice is the same as once", not done.returncode and not world.find(one.calls(), "delete"), done.stderr)
    marks = sorted(m.name for m in (one.state / "marks").iterdir())
    check("aks: nothing is left", not marks, marks)


def on_aks_of_others() -> None:
    """A resource group that somebody else made."""
    others = az("group", "show", out="\n")
    one, tree = world.World(cloud(others)), world.tree("aks")
    for mark in ("group", "acr", "aks"):
        (one.state / "marks").mkdir(exist_ok=True)
        (one.state / "marks" / mark).touch()
    done = one.run(tree, "scripts/clean_up.sh", "--yes")
    seen = one.calls()
    check(
        "aks: somebody else's group stays, what is ours goes",
        not done.returncode and not world.find(seen, "group", "delete") and world.find(seen, "aks", "delete") and world.find(seen, "acr", "delete"),
        world.said(seen),
    )


def on_aks_without_engine() -> None:
    """No container engine here: the registry builds."""
    one = world.World(cloud({"program": "docker", "words": ["version"], "code": 1}))
    seen = calls(one, world.tree("aks"), ("deploy",))
    check(
        "aks: without docker the registry builds the images",
        world.find(seen, "acr", "build", "--image", "pydgraph-client:1.0.0", "examples/pydgraph") and not world.find(seen, "docker", "build"),
        world.said(seen),
    )


def managed_mesh() -> None:
    """The add-on of AKS."""

    def change(value: dict) -> None:
        value["istio"] = {"mode": "aks-addon", "version": "1.30", "namespace": "aks-istio-system", "revision": "asm-1-30", "files": []}

    tree, said = world.render(world.changed("aks", change))
    one = world.World(cloud())
    seen = calls(one, tree, ("install_istio", "install_istio"))
    check(
        "aks: the managed mesh is enabled once, by its revision",
        len(world.find(seen, "mesh", "enable", "--revision", "asm-1-30")) == 1,
        said.stderr or world.said(seen),
    )
    check("aks: and waited for", world.find(seen, "wait", "--namespace", "aks-istio-system", "app=istiod"), world.said(seen))


def on_kind() -> None:
    """Without a cloud."""

    def change(value: dict) -> None:
        value["cluster"]["calico"]["manifests"] = [{"from": "file", "file": "cluster/operator.yaml"}]

    tree, _ = world.render(world.changed("kind", change))
    one = world.World(cloud())
    seen = calls(one, tree, KIND)
    in_order(
        "kind: registry, cluster, the nodes' way to the registry, Calico, Istio, namespaces, images",
        seen,
        ("docker", "run", "--publish", "127.0.0.1:5001:5000", "docker.io/library/registry:3"),
        ("kind", "create", "cluster", "--config", "cluster/kind.yaml"),
        ("docker", "exec", "node-2", "cp", "/dev/stdin"),
        ("docker", "network", "connect", "kind"),
        ("apply", "cluster/operator.yaml"),
        ("apply", "cluster/calico.yaml"),
        ("wait", "tigerastatus/calico"),
        ("istioctl", "install"),
        ("apply", "--filename", "examples/dgraph/namespace.yaml"),
        ("docker", "push", "localhost:5001/pydgraph-client:1.0.0"),
        ("helmfile", "--namespace", "pydgraph-allow", "apply"),
    )
    again = calls(one, tree, KIND)
    twice = world.find(again, "docker", "run") + world.find(again, "kind", "create") + world.find(again, "network", "connect")
    check("kind: twice makes nothing twice", not twice, world.said(again))
    done = one.run(tree, "scripts/clean_up.sh", "--yes")
    marks = sorted(m.name for m in (one.state / "marks").iterdir())
    check(
        "kind: clean-up leaves nothing",
        not done.returncode and marks == ["connected"] and not (one.home / ".kube/netpolmesh-test.yaml").exists(),
        f"{marks} {done.stderr}",
    )
    done = one.run(tree, "scripts/deploy.sh", KUBE_CONTEXT="production")
    check(
        "kind: another project's KUBE_CONTEXT leads nowhere",
        done.returncode == 1 and "KUBE_CONTEXT is production" in done.stderr and not world.find(one.calls(), "apply"),
        done.stderr,
    )


def on_existing() -> None:
    """A cluster that is there, with and without a mesh of ours."""
    one, tree = world.World(cloud()), world.tree("existing")
    (one.state / "marks").mkdir()
    done = one.run(tree, "scripts/install_istio.sh")
    check("existing: no istiod is an error", done.returncode == 1 and "there is no istiod" in done.stderr, done.stderr)
    (one.state / "marks" / "istiod").touch()
    one.calls()
    seen = calls(one, tree, ("install_istio", "deploy"))
    in_order(
        "existing: namespaces, policies, manifests",
        seen,
        ("apply", "--filename", "apps/shop/namespace.yaml"),
        ("apply", "--filename", "apps/shop/network_policy.yaml"),
        ("apply", "--filename", "apps/shop/workloads/web.yaml"),
        ("rollout", "status", "deployment/web"),
    )
    done = one.run(tree, "scripts/clean_up.sh", "--yes")
    seen = one.calls()
    deleted = [" ".join(c[c.index("delete") :]) for c in seen if "delete" in c]
    wanted = ["apps/shop/workloads/web.yaml", "apps/shop/network_policy.yaml", "namespace --ignore-not-found --timeout 600s shop"]
    check(
        "existing: clean-up deletes what is ours, and no more",
        not done.returncode and len(deleted) == 3 and all(d.endswith(w) for d, w in zip(deleted, wanted, strict=True)),
        deleted,
    )
    check("existing: somebody else's Istio stays", not world.find(seen, "istioctl"), world.said(seen))

    def change(value: dict) -> None:
        value["istio"] |= {"mode": "istioctl", "version": "1.31.1", "revision": "canary", "files": ["istio/istio.yaml"]}

    tree, _ = world.render(world.changed("existing", change))
    done = one.run(tree, "scripts/clean_up.sh", "--yes")
    seen = one.calls()
    check(
        "existing: our revision goes, another one keeps its namespace",
        world.find(seen, "uninstall", "--revision", "canary") and not world.find(seen, "namespace", "istio-system") and not world.find(seen, "crd"),
        world.said(seen),
    )


def refusals() -> None:
    """What is not done without being told twice, or with the wrong tools."""
    for name in world.CONTEXTS:
        one = world.World(cloud())
        done = one.run(world.tree(name), "scripts/clean_up.sh")
        check(f"{name}: clean-up without --yes and without somebody to ask does nothing", done.returncode == 1 and not one.calls(), done.stderr)
    one = world.World(cloud({"program": "istioctl", "words": ["version"], "out": "1.30.5\n"}))
    done = one.run(world.tree("aks"), "scripts/install_istio.sh")
    check("another istioctl installs nothing", done.returncode == 1 and "1.30.5" in done.stderr and not world.find(one.calls(), "install"), done.stderr)
    done = one.run(world.tree("aks"), "scripts/install_istio.sh", ISTIOCTL_ANY_VERSION="1")
    check("unless it is said", not done.returncode and world.find(one.calls(), "install"), done.stderr)
    one = world.World(cloud({"program": "helm", "words": ["plugin", "list"], "out": "NAME\tVERSION\n"}))
    done = one.run(world.tree("aks"), "scripts/deploy.sh")
    check("helm without its diff plugin deploys nothing", done.returncode == 1 and "diff" in done.stderr and not world.find(one.calls(), "apply"), done.stderr)
    one = world.World(cloud(), without=("az", "kind"))
    done = one.run(world.tree("aks"), "scripts/create_cluster.sh")
    check("a missing tool is named", done.returncode == 1 and "not installed: az" in done.stderr, done.stderr)
    one = world.World(cloud(az("acr", "check-name", out="false\n")))
    done = one.run(world.tree("aks"), "scripts/create_registry.sh")
    check("a registry name that is taken is an error", done.returncode == 1 and not world.find(one.calls(), "create"), done.stderr)
    one = world.World(cloud(az("aks", "get-versions", out="1.33\n1.34\n")))
    done = one.run(world.tree("aks"), "scripts/create_cluster.sh")
    check(
        "a Kubernetes that is not offered is an error that says what is",
        done.returncode == 1 and "1.33 1.34" in done.stderr and not world.find(one.calls(), "create"),
        done.stderr,
    )


def failures() -> None:
    """A script ends where a tool fails: nothing after it, and not with 0."""
    for script, rule in (
        ("create_resource_group", az("group", "exists", code=1, err="no network\n")),
        ("create_resource_group", az("group", "create", code=1)),
        ("create_registry", az("acr", "list", code=1)),
        ("create_registry", az("acr", "create", code=1)),
        ("create_cluster", az("aks", "list", code=1)),
        ("create_cluster", az("aks", "get-versions", code=1)),
        ("create_cluster", az("aks", "create", code=1)),
        ("get_credentials", az("aks", "get-credentials", code=1)),
        ("install_istio", {"program": "istioctl", "words": ["install"], "code": 1}),
        ("deploy", {"program": "kubectl", "words": ["apply"], "code": 1}),
        ("deploy", {"program": "helmfile", "code": 1}),
        ("deploy", {"program": "docker", "words": ["build"], "code": 1}),
        ("deploy", {"program": "docker", "words": ["push"], "code": 1}),
        ("deploy", {"program": "kubectl", "words": ["rollout"], "code": 1}),
        ("login_server", az("acr", "show", code=1)),
        ("login_server", az("acr", "show", out="")),
        ("clean_up", az("group", "delete", code=1)),
    ):
        one = world.World(cloud(rule))
        (one.state / "marks").mkdir()
        if script == "clean_up":
            (one.state / "marks" / "group").touch()
        done = one.run(world.tree("aks"), f"scripts/{script}.sh", "--yes")
        seen = one.calls()
        last = seen[-1] if seen else []
        ended = last[:1] == [rule["program"]] and bool(world.find([last], *rule.get("words", [])))
        check(
            f"{script} ends where `{' '.join([rule['program'], *rule.get('words', [])])}` fails",
            done.returncode != 0 and ended,
            f"{done.returncode} {done.stderr}\n" + "\n".join(world.said(seen)),
        )
