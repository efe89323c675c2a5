"""A real istiod in the place of the pod that stands for it: it injects sidecars and judges configuration.

The pod's address is this machine's (see cluster.py). The program is started as its Deployment says, with its service account's own
rights, as soon as there is a Deployment: `istioctl install` waits for webhooks that it has to answer.
"""

from __future__ import annotations

import threading
import time
from typing import Any

from cluster import Cluster
from processes import words

ENVIRONMENT = {"PILOT_ENABLE_ANALYSIS": "false", "CLUSTER_ID": "Kubernetes"}


class Istiod:
    """Follows the Deployment: starts with it, ends with it."""

    def __init__(self, cluster: Cluster, namespace: str = "istio-system") -> None:
        self.cluster = cluster
        self.namespace = namespace
        self.running: str | None = None
        self.trouble = ""
        self.ends = threading.Event()
        self.thread = threading.Thread(target=self.follow, daemon=True)

    def __enter__(self) -> Istiod:
        self.thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.ends.set()
        self.thread.join(10)
        self.cluster.servers.stop("istiod")

    def follow(self) -> None:
        """Looks once in a while."""
        while not self.ends.wait(0.5):
            try:
                self.look()
            except (RuntimeError, OSError, KeyError) as error:
                self.trouble = str(error)

    def look(self) -> None:
        """Starts or stops it."""
        found = self.cluster.items("deployments", "--namespace", self.namespace, "--selector", "app=istiod", "--ignore-not-found")
        here = found[0]["metadata"]["uid"] if found else None
        if here == self.running:
            return
        self.cluster.servers.stop("istiod")
        self.running = None
        if found:
            self.start(found[0])
            self.running = here

    def start(self, deployment: dict[str, Any]) -> None:
        """As its container would be."""
        pod = deployment["spec"]["template"]["spec"]
        container = next(c for c in pod["containers"] if c["name"] == "discovery")
        account = pod["serviceAccountName"]
        token = self.cluster.kubectl("create", "token", account, "--namespace", self.namespace, "--duration=24h")
        if token.returncode:
            raise RuntimeError(words(token))
        home = self.cluster.home / f"istiod-{time.monotonic_ns()}"
        home.mkdir()
        kubeconfig = home / "kubeconfig"
        self.cluster.write_kubeconfig(kubeconfig, "istiod", token.stdout.strip())
        fields = {"metadata.name": "istiod-0", "metadata.namespace": self.namespace, "spec.serviceAccountName": account}
        environ = {e["name"]: value(e, fields) for e in container.get("env", [])} | ENVIRONMENT
        command = [self.cluster.tools.find("pilot-discovery"), *container["args"], "--kubeconfig", str(kubeconfig)]
        self.cluster.servers.start("istiod", command, cwd=home, env={k: v for k, v in environ.items() if v is not None} | {"KUBECONFIG": ""})


def value(variable: dict[str, Any], fields: dict[str, str]) -> str | None:
    """What the kubelet would put there."""
    source = variable.get("valueFrom")
    if source is None:
        return str(variable.get("value", ""))
    return fields.get(source.get("fieldRef", {}).get("fieldPath"))
