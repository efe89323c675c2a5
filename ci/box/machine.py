"""What a real Istio on one machine needs: the machine, and programs."""

import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "conformance"), str(ROOT / "ci")]

import oracles
import run
import tools

from box import debian

SYSTEM = ["unshare", "ip", "iptables", "iptables-restore", "nft", "curl", "openssl", "setpriv", "sysctl", "ps", "mount"]
MADE = ["etcd", "kubernetes", "kubectl", "istio", "istio-agent", "envoy"]
PROGRAMS = ["etcd", "kube-apiserver", "kubectl", "istioctl", "pilot-discovery", "pilot-agent", "envoy", "cyclonus"]
# These run as another user, who may not look into the cache.
COPIED = ["pilot-agent", "envoy", "envoy_bootstrap.json"]
# Names of network namespaces are files, too: of a mount namespace of its own nothing is left behind.
APART = [*run.APART, "sh", "-c", 'mkdir -p /run/netns /etc/netns && mount -t tmpfs x /run/netns && mount -t tmpfs x /etc/netns && exec "$@"', "sh"]


def meshbox() -> pathlib.Path:
    """The folder of the scripts."""
    return pathlib.Path(os.environ["MESHGEN_MESHBOX"]).resolve()


def lacks() -> str:
    """Why there can be no box here; nothing if there can."""
    if sys.platform != "linux":
        return "this is not Linux"
    if os.geteuid() != 0:
        return "this is not root"
    if not os.environ.get("MESHGEN_MESHBOX"):
        return "MESHGEN_MESHBOX names no folder"
    if not (meshbox() / "matrix.py").exists():
        return f"there is no matrix.py in {meshbox()}"
    debian.add([program for program in SYSTEM if not shutil.which(program)], tools.CACHE)
    if missing := [program for program in SYSTEM if not shutil.which(program)]:
        return f"there is no {', no '.join(missing)}"
    rules = "iptables -t nat -A OUTPUT -p tcp --dport 9 -j DNAT --to-destination 127.0.0.1 && nft list tables"
    for command in (["ip", "netns", "add", "probe"], ["sh", "-c", f"ip link set lo up && {rules}"]):
        done = subprocess.run([*APART, *command], capture_output=True, text=True, check=False)
        if done.returncode:
            return f"`{command[-1]}` in namespaces of our own: {done.stderr.strip()}"
    return ""


def memory() -> float:
    """What is free, in GiB."""
    lines = pathlib.Path("/proc/meminfo").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable")) / 2**20


def collect(into: pathlib.Path) -> str:
    """All programs in one folder; why that cannot be, if it cannot."""
    have = tools.get(MADE)
    if have.missing:
        return "; ".join(sorted(set(have.missing.values())))
    try:
        have.folders.append(oracles.cyclonus().parent)
    except (subprocess.CalledProcessError, OSError) as error:
        return f"cyclonus cannot be had: {error}"
    into.mkdir()
    for name in [*PROGRAMS, "envoy_bootstrap.json"]:
        there = next(folder / name for folder in have.folders if (folder / name).exists())
        if name in COPIED:
            shutil.copy(there, into / name)
        else:
            (into / name).symlink_to(there)
    return ""
