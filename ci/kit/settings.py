"""env.sh, sourced by real shells that find no program at all: so it can ask nobody."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import world
from report import check, skip

SHELLS = {
    "sh": ["sh", "-eu", "-c"],
    "bash": ["bash", "--norc", "-euo", "pipefail", "-c"],
    "bash as sh": ["bash", "--posix", "--norc", "-eu", "-c"],
    "zsh": ["zsh", "-f", "-eu", "-c"],
    "busybox": ["busybox", "sh", "-eu", "-c"],
}
DUMP = "import json, os; print(json.dumps(dict(os.environ)))"


def sourced(shell: str, tree: Path, before: dict[str, str] | None = None, times: int = 1) -> dict[str, str] | str:
    """The environment after `. ./env.sh`, or what went wrong."""
    program, *flags = SHELLS[shell]
    source = "; ".join([". ./env.sh"] * times)
    script = f'PATH=/nowhere; {source}; exec "$PYTHON" -c "$DUMP"'
    environ = {"PATH": "/usr/bin:/bin", "HOME": "/home/somebody", "PYTHON": sys.executable, "DUMP": DUMP, "LC_ALL": "C.UTF-8", **(before or {})}
    found = shutil.which(program)
    assert found
    done = subprocess.run([found, *flags, script], cwd=tree, env=environ, capture_output=True, text=True, timeout=20, check=False)
    if done.returncode or done.stderr:
        return f"{done.returncode}: {done.stderr}"
    return json.loads(done.stdout)


def holds(what: str, seen: dict[str, str] | str, wanted: dict[str, str]) -> None:
    """Whether the environment has these values."""
    if isinstance(seen, str):
        check(what, False, seen)
        return
    wrong = {k: (seen.get(k), v) for k, v in wanted.items() if seen.get(k) != v}
    check(what, not wrong, f"seen, wanted: {wrong}")


def available() -> list[str]:
    """The shells of this machine."""
    return [name for name, command in SHELLS.items() if shutil.which(command[0])]


def run(_home: Path) -> None:
    """In every shell that is there."""
    for shell in SHELLS:
        if shell not in available():
            skip(f"{shell}: env.sh", f"there is no {SHELLS[shell][0]}")
            continue
        defaults(shell)
        overrides(shell)


def defaults(shell: str) -> None:
    """What holds where nothing was set."""
    aks = {
        "AZ_RESOURCE_GROUP": "netpolmesh-test",
        "AZ_LOCATION": "westus2",
        "AZ_ACR_NAME": "netpolmeshtest",
        "AZ_CLUSTER_NAME": "netpolmesh-test",
        "AZ_NET_PLUGIN": "azure",
        "AZ_NET_POLICY": "calico",
        "AZ_ZONES": "1 2 3",
        "AZ_VM_SIZE": "",
        "KUBECONFIG": "/home/somebody/.kube/netpolmesh-test.yaml",
        "KUBE_CONTEXT": "netpolmesh-test",
        "DG_ACCEPT_LIST": "0.0.0.0/0",
    }
    holds(f"{shell}: env.sh of aks gives the article's values", sourced(shell, world.tree("aks")), aks)
    holds(f"{shell}: twice is the same as once", sourced(shell, world.tree("aks"), times=2), aks)
    kind = {"KUBE_CONTEXT": "kind-netpolmesh-test", "REGISTRY": "localhost:5001", "REGISTRY_NAME": "netpolmesh-test-registry"}
    holds(f"{shell}: env.sh of kind", sourced(shell, world.tree("kind")), kind)
    holds(f"{shell}: env.sh of an existing cluster", sourced(shell, world.tree("existing")), {"KUBE_CONTEXT": "", "REGISTRY": ""})


def overrides(shell: str) -> None:
    """What was set wins, whatever is in it."""
    mine = {"AZ_ACR_NAME": "mine", "AZ_LOCATION": 'it\'s $(x) `y` "z"', "KUBECONFIG": "/tmp/a b", "DG_ACCEPT_LIST": "10.0.0.0/8"}
    holds(f"{shell}: a value that is set wins", sourced(shell, world.tree("aks"), mine), mine)
    empty = {"AZ_NET_POLICY": "", "DG_ACCEPT_LIST": "", "AZ_ZONES": ""}
    holds(f"{shell}: also an empty one, where that means something", sourced(shell, world.tree("aks"), empty), empty)
    seen = sourced(shell, world.tree("aks"), {"AZ_CLUSTER_NAME": "other"})
    holds(f"{shell}: what follows from a value follows", seen, {"KUBE_CONTEXT": "other", "KUBECONFIG": "/home/somebody/.kube/other.yaml"})
