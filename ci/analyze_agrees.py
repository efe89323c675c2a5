#!/usr/bin/env python3
"""Asks `istioctl analyze` and `meshgen lint` about the same manifests, and compares what both know.

usage: analyze_agrees.py [--meshgen PATH] [--istioctl PATH] [--jobs N]

Of files alone istioctl judges little: what needs namespaces, pods or Services it skips. So each case is what a cluster
says: a server on this machine answers list and watch with the objects of the case and nothing else, at a path of its own.
The cases are those of crates/findings, and the tree of each example.

PAIRS says which message of istioctl is about the same as which finding of ours, and who has to say it if the other does;
ACCEPTED lists differences, each with its reason. Ends with 1 if they disagree otherwise, if an accepted difference is none any
more, or if istioctl says something of which neither table knows.
"""

import argparse
import concurrent.futures
import http.server
import json
import pathlib
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
CASES = ROOT / "crates/findings/tests/cases"
TOOLS = pathlib.Path.home() / ".cache/meshgen/tools"

# What both know of the same object: our finding, the message, and which of them the other has to have said too.
BOTH, OURS, THEIRS = "both", "ours", "theirs"
PAIRS = [
    ("MG005", "IST0123", BOTH, "a namespace with both labels of injection"),
    ("MG011", "IST0127", THEIRS, "an authorization policy that binds no pod; ours is about network policies and others too"),
    ("MG025", "IST0118", OURS, "a port whose name says no protocol; ours is told only where something depends on it"),
    ("MG033", "IST0101", OURS, "a certificate that the gateway does not find; theirs knows Secrets only, ours what will make them too"),
]
# Differences that are meant: finding, message, case, and why.
ACCEPTED = [
    ("MG005", "IST0123", "MG005/bad_disabled.yaml", "istioctl looks only where `istio-injection` is `enabled`; `disabled` wins over a revision just as silently"),
    ("MG011", "IST0127", "MG011/good.yaml", "the policy selects by a label that injection adds; what istioctl sees here is not injected"),
]
# Messages that no finding of ours is about, and why.
ELSEWHERE = {
    "IST0102": "a namespace without a label of injection: most are meant so",
    "IST0103": "a pod without its proxy: cases are manifests as they were written, before injection",
    "IST0109": "hosts of routes that several VirtualServices claim",
    "IST0128": "certificates of other servers that clients do not check",
    "IST0133": "the schema: the judge reports what it does not understand",
    "IST0162": "a port of a gateway that its Service does not have: nobody is let in by it",
    "IST0137": "a port that several Services target with other protocols",
}

# Cases that hold what no API server would store, so that istioctl waits for ever.
REFUSED = {"MG030/bad_mode.yaml"}

# What istioctl reads: group, version, plural, kind, and whether it is in namespaces.
KINDS = [
    ("", "v1", "namespaces", "Namespace", False),
    ("", "v1", "nodes", "Node", False),
    ("", "v1", "pods", "Pod", True),
    ("", "v1", "services", "Service", True),
    ("", "v1", "configmaps", "ConfigMap", True),
    ("", "v1", "secrets", "Secret", True),
    ("", "v1", "serviceaccounts", "ServiceAccount", True),
    ("", "v1", "endpoints", "Endpoints", True),
    ("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice", True),
    ("apps", "v1", "deployments", "Deployment", True),
    ("apps", "v1", "statefulsets", "StatefulSet", True),
    ("apps", "v1", "daemonsets", "DaemonSet", True),
    ("networking.k8s.io", "v1", "ingresses", "Ingress", True),
    ("networking.k8s.io", "v1", "ingressclasses", "IngressClass", False),
    ("admissionregistration.k8s.io", "v1", "mutatingwebhookconfigurations", "MutatingWebhookConfiguration", False),
    ("admissionregistration.k8s.io", "v1", "validatingwebhookconfigurations", "ValidatingWebhookConfiguration", False),
    ("apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", False),
]
CUSTOM = [
    ("security.istio.io", "v1", "authorizationpolicies", "AuthorizationPolicy"),
    ("security.istio.io", "v1", "peerauthentications", "PeerAuthentication"),
    ("security.istio.io", "v1", "requestauthentications", "RequestAuthentication"),
    ("networking.istio.io", "v1", "destinationrules", "DestinationRule"),
    ("networking.istio.io", "v1", "gateways", "Gateway"),
    ("networking.istio.io", "v1", "serviceentries", "ServiceEntry"),
    ("networking.istio.io", "v1", "sidecars", "Sidecar"),
    ("networking.istio.io", "v1", "virtualservices", "VirtualService"),
    ("networking.istio.io", "v1", "workloadentries", "WorkloadEntry"),
    ("networking.istio.io", "v1", "workloadgroups", "WorkloadGroup"),
    ("networking.istio.io", "v1alpha3", "envoyfilters", "EnvoyFilter"),
    ("networking.istio.io", "v1beta1", "proxyconfigs", "ProxyConfig"),
    ("telemetry.istio.io", "v1", "telemetries", "Telemetry"),
    ("extensions.istio.io", "v1alpha1", "wasmplugins", "WasmPlugin"),
]


class Cluster:
    """What a case says, as a cluster would."""

    def __init__(self, texts):
        self.objects = []
        for text in texts:
            self.objects += [o for o in yaml.safe_load_all(text) if isinstance(o, dict) and "kind" in o]
        # What a controller would make of a template.
        for one in list(self.objects):
            spec = one.get("spec") or {}
            template = ((spec.get("jobTemplate") or {}).get("spec") or spec).get("template")
            if isinstance(template, dict) and "spec" in template:
                meta = {**(template.get("metadata") or {}), "name": one["metadata"]["name"] + "-0", "namespace": one["metadata"].get("namespace", "default")}
                self.objects.append({"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": template["spec"]})
        for number, one in enumerate(self.objects):
            meta = one.setdefault("metadata", {})
            meta.setdefault("uid", f"uid-{number}")
            meta.setdefault("resourceVersion", "1")
            meta.setdefault("creationTimestamp", "2026-01-01T00:00:00Z")
        for one in self.objects:
            cluster_wide = one["kind"] in {k for _, _, _, k, spaced in KINDS if not spaced}
            if not cluster_wide:
                one["metadata"].setdefault("namespace", "default")
        known = {o["metadata"]["name"] for o in self.objects if o["kind"] == "Namespace"}
        used = {o["metadata"].get("namespace") for o in self.objects} | {"default", "istio-system", "kube-system"}
        for name in sorted(used - known - {None}):
            self.objects.append({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "uid": f"ns-{name}", "resourceVersion": "1"}})
        for one in self.objects:
            if one["kind"] == "Namespace":
                one["metadata"].setdefault("labels", {})["kubernetes.io/metadata.name"] = one["metadata"]["name"]

    def list(self, group, version, plural, namespace, name=None):
        """The objects of a kind; none if there is no such kind."""
        if plural == "customresourcedefinitions":
            found = [crd(*c) for c in CUSTOM]
            return found if not name else [c for c in found if c["metadata"]["name"] == name]
        kinds = [k for g, _, p, k, *_ in [*KINDS, *CUSTOM] if (g, p) == (group, plural)]
        if not kinds:
            return None
        found = [o for o in self.objects if o["kind"] == kinds[0] and o["apiVersion"].rpartition("/")[0] == group]
        found = [o | {"apiVersion": f"{group}/{version}" if group else version} for o in found]
        found = [o for o in found if not namespace or o["metadata"].get("namespace") == namespace]
        return [o for o in found if not name or o["metadata"]["name"] == name]


def crd(group, version, plural, kind):
    """A kind that is installed."""
    names = {"plural": plural, "kind": kind, "singular": kind.lower(), "listKind": kind + "List"}
    meta = {"name": f"{plural}.{group}", "uid": plural, "resourceVersion": "1"}
    spec = {"group": group, "names": names, "scope": "Namespaced", "versions": [{"name": version, "served": True, "storage": True}]}
    return {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": meta, "spec": spec, "status": {}}


class Answers(http.server.BaseHTTPRequestHandler):
    """Lists, and watches in which nothing happens."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        url = urllib.parse.urlparse(self.path)
        query = urllib.parse.parse_qs(url.query)
        case, *parts = [p for p in url.path.split("/") if p]
        cluster = self.server.clusters[int(case)]
        if parts[:1] == ["version"]:
            return self.say({"major": "1", "minor": "36", "gitVersion": "v1.36.0"})
        group, version = "", "v1"
        if parts[:1] == ["apis"] and len(parts) >= 3:
            group, version = parts[1:3]
            rest = parts[3:]
        elif parts[:2] == ["api", "v1"]:
            rest = parts[2:]
        else:
            rest = []
        if not rest:
            return self.fail(404, "NotFound")
        namespace = None
        if rest[0] == "namespaces" and len(rest) > 2:
            namespace, rest = rest[1], rest[2:]
        plural, name = rest[0], rest[1] if len(rest) > 1 else None
        found = cluster.list(group, version, plural, namespace, name)
        if found is None:
            return self.fail(404, "NotFound")
        if name:
            return self.say(found[0]) if found else self.fail(404, "NotFound")
        for selector in query.get("fieldSelector", []):
            for part in selector.split(","):
                key, _, value = part.partition("=")
                if key == "metadata.name":
                    found = [o for o in found if o["metadata"]["name"] == value]
        if "watch" in query:
            if "sendInitialEvents" in query:
                return self.fail(422, "Invalid")
            return self.wait()
        api = f"{group}/{version}" if group else version
        kind = "CustomResourceDefinitionList" if plural == "customresourcedefinitions" else next(k for g, _, p, k, *_ in [*KINDS, *CUSTOM] if (g, p) == (group, plural)) + "List"
        if "PartialObjectMetadataList" in self.headers.get("Accept", ""):
            api, kind = "meta.k8s.io/v1", "PartialObjectMetadataList"
            found = [{"apiVersion": api, "kind": "PartialObjectMetadata", "metadata": o["metadata"]} for o in found]
        self.say({"apiVersion": api, "kind": kind, "metadata": {"resourceVersion": "1"}, "items": found})

    do_POST = lambda self: self.fail(405, "MethodNotAllowed")

    def say(self, what, code=200):
        body = json.dumps(what, default=str).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def fail(self, code, reason):
        self.say({"apiVersion": "v1", "kind": "Status", "status": "Failure", "reason": reason, "code": code, "message": reason}, code)

    def wait(self):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.flush()
        self.close_connection = True
        time.sleep(20)


def kubeconfig(port, number):
    server = {"name": "c", "cluster": {"server": f"http://127.0.0.1:{port}/{number}"}}
    context = {"name": "c", "context": {"cluster": "c", "user": "u"}}
    return yaml.safe_dump({"apiVersion": "v1", "kind": "Config", "clusters": [server], "users": [{"name": "u", "user": {}}], "contexts": [context], "current-context": "c"})


def analyze(istioctl, config):
    """What istioctl says: codes, each with the objects."""
    command = [istioctl, "analyze", "--kubeconfig", str(config), "--all-namespaces", "--output", "json", "--output-threshold", "Info"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    start = done.stdout.find("[\n")
    text = done.stdout[start:] if start >= 0 else done.stdout
    if not text.strip().startswith("["):
        raise RuntimeError(f"istioctl: {done.stdout[-500:]}{done.stderr[-500:]}")
    return [(m["code"], m.get("origin", ""), m["message"]) for m in json.loads(text)]


def lint(meshgen, paths):
    """What meshgen says."""
    files = [word for path in paths for word in ("--file", str(path))]
    done = subprocess.run([meshgen, "lint", *files, "--output-format", "json"], capture_output=True, text=True, timeout=120)
    told = json.loads(done.stdout)
    return [(f["code"], f.get("object", ""), f["said"]) for f in told.get("result", told).get("findings", [])]


def cases():
    """Name, files for us, texts for the cluster."""
    for path in sorted(CASES.glob("*/*.yaml")):
        yield f"{path.parent.name}/{path.name}", [path], [path.read_text()]
    for tree in sorted((ROOT / "golden").iterdir()):
        files = [p for p in sorted(tree.rglob("*.yaml")) if "chart" not in p.parts]
        yield f"golden/{tree.name}", [tree], [p.read_text() for p in files]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--meshgen", default=ROOT / "target/debug/meshgen", type=pathlib.Path)
    parser.add_argument("--istioctl", type=pathlib.Path)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", default="")
    parser.add_argument("--show", action="store_true")
    options = parser.parse_args()
    istioctl = options.istioctl or next(iter(sorted(TOOLS.glob("istio-*/bin/istioctl"))), None)
    if istioctl is None:
        print("skipped: there is no istioctl; conformance/run.py installs it")
        return 0
    every = [c for c in cases() if options.only in c[0] and c[0] not in REFUSED]
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.daemon_threads = True
    server.clusters = [Cluster(texts) for _, _, texts in every]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as folder:
        def both(number):
            name, paths, _ = every[number]
            config = pathlib.Path(folder) / f"{number}.yaml"
            config.write_text(kubeconfig(server.server_address[1], number))
            try:
                return name, analyze(istioctl, config), lint(options.meshgen, paths)
            except (RuntimeError, subprocess.TimeoutExpired) as e:
                raise RuntimeError(f"{name}: {e}") from e
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            answers = list(pool.map(both, range(len(every))))
    known = {p[0] for p in PAIRS if subprocess.run([options.meshgen, "explain", p[0]], capture_output=True).returncode == 0}
    return compare(answers, known, options.show)


def compare(answers, known, show):
    """Counts, and 1 if there is a difference that is not accepted, or an accepted one that is none."""
    agreed, differences = dict.fromkeys((p[1] for p in PAIRS), 0), []
    met, unmatched, asked = set(), {}, {name for name, *_ in answers}
    for name, theirs, ours in answers:
        if show:
            print(name, *[f"\n  {' '.join(m[:2])}" for m in [*theirs, *ours]], sep="")
        for code, message, has_to, _ in PAIRS:
            if code not in known:
                continue
            we, they = objects(ours, code), objects(theirs, message)
            agreed[message] += len(we & they)
            missing = [(o, "istioctl") for o in we - they if has_to in (BOTH, OURS)]
            missing += [(o, "meshgen") for o in they - we if has_to in (BOTH, THEIRS)]
            for one, who in missing:
                if (code, message, name) in {a[:3] for a in ACCEPTED}:
                    met.add((code, message, name))
                else:
                    differences.append(f"{name}: {one}: {who} does not say {message if who == 'istioctl' else code}")
        for message in {m[0] for m in theirs} - {p[1] for p in PAIRS}:
            unmatched[message] = unmatched.get(message, 0) + 1
    differences += [f"{' '.join(a[:3])}: accepted, and there is no difference" for a in ACCEPTED if a[0] in known and a[2] in asked and a[:3] not in met]
    differences += [f"{m}: in {n} cases, and nobody has said why no finding is about it" for m, n in unmatched.items() if m not in ELSEWHERE]
    for one in differences:
        print(f"differs: {one}")
    waiting = [p[0] for p in PAIRS if p[0] not in known]
    print(f"{len(answers)} cases; said by both: {agreed}; accepted: {len(met)}; messages about other things: {dict(sorted(unmatched.items()))}"
          + (f"; not compared, for there is no such finding: {', '.join(waiting)}" if waiting else ""))
    return 1 if differences else 0


def objects(said, code):
    """Kind, namespace and name of what is said to be so."""
    return {o.replace(" ", "/", 1) for c, o, _ in said if c == code}


if __name__ == "__main__":
    sys.exit(main())
