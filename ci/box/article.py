"""The tests of the article, on the tree that is rendered for it: its own pods, Services and policies, nothing made up.

Only what is in the namespaces of the spec is taken; the gateways and addons of Istio's own namespace have no part in it.
"""

import subprocess

import yaml

from box import ask, machine

EXAMPLE = "kind-istio-dgraph"
KINDS = ("Namespace", "ServiceAccount", "Service", "Deployment", "StatefulSet", "NetworkPolicy")
WORDS = {"open": "OPEN", "timeout": "TIMEOUT"}


def spec():
    return yaml.safe_load((machine.ROOT / "examples" / EXAMPLE / "meshgen.yaml").read_text())


def tree(meshgen, work):
    """The manifests, with those that charts will make."""
    folder = work / "article"
    command = [meshgen, "render", "-f", machine.ROOT / "examples" / EXAMPLE / "meshgen.yaml", "-o", folder]
    subprocess.run(command, check=True, capture_output=True)
    spaces, found = set(spec()["namespaces"]), {}
    for path in sorted(folder.rglob("*.yaml")):
        if "chart" in path.parts:
            continue
        for one in filter(None, yaml.safe_load_all(path.read_text())):
            meta = one.get("metadata", {})
            if one.get("kind") in KINDS and (meta.get("namespace") or meta["name"]) in spaces:
                found[one["kind"], meta.get("namespace"), meta["name"]] = one
    return list(found.values())


def clusters(meshgen, work):
    """For the tests of the spec that ask the same cluster: their names, the file, and the tries by which their claims are shown, with the
    word for each."""
    every, alike = tree(meshgen, work), {}
    for name, test in spec()["expect"].items():
        alike.setdefault(tuple(test.get("without", [])), {})[name] = test["claims"]
    for without, tests in alike.items():
        objects = [o for o in every if o["kind"] not in without]
        path = work / f"{'-and-'.join(tests)}.yaml"
        path.write_text(yaml.safe_dump_all(objects, sort_keys=False))
        claims = [claim for all_of_one in tests.values() for claim in all_of_one]
        yield path.stem, path, {key: word for claim in claims for key, word in shown(claim, objects).items()}


def shown(claim, objects):
    """The tries of a claim: from each client, by each Service that leads to the port."""
    namespace, name = claim["to"].split("/")
    pod = next(o for o in objects if o["kind"] in ("Deployment", "StatefulSet") and o["metadata"]["name"] == name)
    labels = pod["spec"]["template"]["metadata"]["labels"]
    found = {}
    for service in (o for o in objects if o["kind"] == "Service" and o["metadata"]["namespace"] == namespace):
        if not service["spec"]["selector"].items() <= labels.items():
            continue
        for port in service["spec"]["ports"]:
            if port.get("targetPort", port["port"]) in claim["ports"]:
                to = f"{service['metadata']['name']}.{namespace}:{port['port']}"
                for client in claim["from"]:
                    found |= {ask.Key(client, to, *how): WORDS[claim["is"]] for how in (("http", "GET"), ("http", "POST"), ("h2", "GET"))}
    return found
