"""A hollow cluster: the real API server, controllers and scheduler; nodes and pods only say that they run.

It has to be alone in a network namespace, because an API server with webhooks dials addresses of services. There every address of a
pod is this machine (a local route), so that a real istiod is reached at the address of the pod that stands for it: the API
server dials endpoints instead of service addresses (`--enable-aggregator-routing`), and no packet has to be rewritten.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from processes import Done, Servers, run, until, words
from tools import Tools

HERE = Path(__file__).resolve().parent
NODE = "10.99.0.1"
PODS = "10.244.0.0/16"
SERVICES = "10.96.0.0/16"
PROGRAMS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok", "kubectl")


@dataclass
class Cluster:
    """Where it is. Its files are all in `home`."""

    tools: Tools
    home: Path
    servers: Servers

    @property
    def kubeconfig(self) -> Path:
        """The administrator's."""
        return self.home / "kubeconfig"

    def up(self) -> None:
        """Starts it, and waits until it takes objects."""
        for arguments in (["link", "set", "lo", "up"], ["addr", "add", f"{NODE}/32", "dev", "lo"], ["route", "add", "local", PODS, "dev", "lo"]):
            must(["ip", *arguments])
        self.keys()
        self.start_etcd()
        self.start_api()
        until(90, "the API server", lambda: self.kubectl("get", "--raw", "/readyz").stdout == "ok")
        self.start_controllers()
        self.apply((HERE / "hollow" / "objects.yaml").read_text())
        until(30, "nodes", lambda: self.ready("nodes") == 3)
        until(30, "the service account", lambda: self.kubectl("get", "serviceaccount", "default").returncode == 0)

    def keys(self) -> None:
        """Service account keys, the administrator's token, kubeconfigs."""
        must(["openssl", "genrsa", "-out", str(self.home / "sa.key"), "2048"])
        must(["openssl", "rsa", "-in", str(self.home / "sa.key"), "-pubout", "-out", str(self.home / "sa.pub")])
        (self.home / "tokens.csv").write_text("administrator,admin,admin,system:masters\n")
        self.write_kubeconfig(self.kubeconfig, "hollow", "administrator")

    def write_kubeconfig(self, path: Path, context: str, token: str) -> None:
        """Credentials of a bearer, under a context's name. JSON is YAML."""
        where = {"server": f"https://{NODE}:6443", "insecure-skip-tls-verify": True}
        path.write_text(
            json.dumps(
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "clusters": [{"name": context, "cluster": where}],
                    "users": [{"name": context, "user": {"token": token}}],
                    "contexts": [{"name": context, "context": {"cluster": context, "user": context}}],
                    "current-context": context,
                }
            )
        )

    def start_etcd(self) -> None:
        """Its store; nothing has to survive."""
        clients, peers = "http://127.0.0.1:2379", "http://127.0.0.1:2380"
        command = [self.tools.find("etcd"), "--data-dir", str(self.home / "etcd"), "--unsafe-no-fsync"]
        command += ["--listen-client-urls", clients, "--advertise-client-urls", clients]
        command += ["--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers, "--initial-cluster", f"default={peers}"]
        self.servers.start("etcd", command)

    def start_api(self) -> None:
        """Everything that an API server checks is on: strict fields, CEL, admission, RBAC."""
        flags = {
            "etcd-servers": "http://127.0.0.1:2379",
            "bind-address": NODE,
            "advertise-address": NODE,
            "secure-port": "6443",
            "cert-dir": str(self.home / "certificates"),
            "token-auth-file": str(self.home / "tokens.csv"),
            "authorization-mode": "RBAC",
            "service-account-issuer": "https://kubernetes.default.svc",
            "service-account-key-file": str(self.home / "sa.pub"),
            "service-account-signing-key-file": str(self.home / "sa.key"),
            "service-cluster-ip-range": SERVICES,
            "endpoint-reconciler-type": "none",
            "enable-aggregator-routing": "true",
            # The taint of a new node is taken away by a controller that also looks for heartbeats, which nobody sends here.
            "disable-admission-plugins": "TaintNodesByCondition",
        }
        self.servers.start("kube-apiserver", [self.tools.find("kube-apiserver"), *[f"--{k}={v}" for k, v in flags.items()]])

    def start_controllers(self) -> None:
        """Controllers, scheduler, and what plays the kubelets. Volumes are folders that nobody makes."""
        common = [f"--kubeconfig={self.kubeconfig}", "--leader-elect=false", "--bind-address=127.0.0.1"]
        manager = [
            f"--service-account-private-key-file={self.home / 'sa.key'}",
            f"--root-ca-file={self.home / 'certificates' / 'apiserver.crt'}",
            "--enable-hostpath-provisioner",
            "--controllers=*,-node-lifecycle-controller",
        ]
        self.servers.start("kube-controller-manager", [self.tools.find("kube-controller-manager"), *common, *manager])
        self.servers.start("kube-scheduler", [self.tools.find("kube-scheduler"), *common])
        kwok = [f"--kubeconfig={self.kubeconfig}", "--manage-all-nodes", f"--cidr={PODS}", f"--node-ip={NODE}", f"--config={HERE / 'hollow' / 'stages.yaml'}"]
        self.servers.start("kwok", [self.tools.find("kwok"), *kwok], env={"HOME": str(self.home)})

    def kubectl(self, *arguments: str, text: str | None = None, seconds: float = 120) -> Done:
        """Runs it as administrator."""
        return run([self.tools.find("kubectl"), *arguments], env={"KUBECONFIG": str(self.kubeconfig)}, text=text, seconds=seconds)

    def apply(self, text: str) -> None:
        """Puts objects there that a check stands on."""
        done = self.kubectl("apply", "--server-side", "--force-conflicts", "--filename", "-", text=text)
        if done.returncode:
            raise RuntimeError(words(done))

    def items(self, *arguments: str) -> list[dict[str, Any]]:
        """The objects that `kubectl get` gives."""
        done = self.kubectl("get", *arguments, "--output", "json")
        if done.returncode:
            raise RuntimeError(words(done))
        found = json.loads(done.stdout) if done.stdout.strip() else {"items": []}
        items: list[dict[str, Any]] = found.get("items", [found])
        return items

    def ready(self, *arguments: str) -> int:
        """How many of them say that they are Ready."""
        conditions = [o.get("status", {}).get("conditions", []) for o in self.items(*arguments)]
        return sum(any(c["type"] == "Ready" and c["status"] == "True" for c in all_of_one) for all_of_one in conditions)

    def gone(self, *namespaces: str) -> None:
        """Deletes namespaces with all that is in them."""
        done = self.kubectl("delete", "namespace", "--ignore-not-found", "--timeout=90s", *namespaces)
        if done.returncode:
            raise RuntimeError(words(done))

    def settle(self) -> None:
        """Until nothing has a deletion pending."""
        until(60, "pods to go", lambda: not [p for p in self.items("pods", "--all-namespaces") if p["metadata"].get("deletionTimestamp")])
        time.sleep(0.2)


def must(command: list[str]) -> None:
    """A step without which there is no cluster."""
    done = run(command)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {words(done)}")
