"""Everything that meshgen renders, judged by the programs that will read it.

    run.py [SECTION…]      all sections, or some of: itself offline azure apply hostile breadth trials article

Gets what is missing (tools.py), renders the examples, and goes on in namespaces of its own for network, processes and mounts: no packet
leaves them, and whatever was started in them ends with them. Where the kernel does not allow that, what needs a cluster is skipped.
    MESHGEN          the program to test; built if it is not said
    MESHGEN_SCHEMAS  a folder of CustomResourceDefinitions to judge other people's kinds by
    MESHGEN_TOOLS    `path`: tools are those on PATH
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import tools

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
APART = ["unshare", "--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child"]
PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main() -> int:
    """Prepares with a network, judges without one."""
    have = tools.get()
    meshgen = os.environ.get("MESHGEN") or build()
    apart, reason = namespaces()
    environ = {
        **os.environ,
        "MESHGEN": meshgen,
        "CONFORMANCE_FOLDERS": os.pathsep.join(map(str, have.folders)),
        "CONFORMANCE_MISSING": "\n".join(f"{k}\t{v}" for k, v in have.missing.items()),
        "CONFORMANCE_NO_CLUSTER": reason,
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    python = tools.folder("python", tools.pins()["python"]) / "python"
    with tempfile.TemporaryDirectory(prefix="meshgen-conformance-") as work:
        command = [*apart, str(python), str(HERE / "judge.py"), work, *sys.argv[1:]]
        return subprocess.run(command, env=environ, check=False, preexec_fn=end_with_parent).returncode


def end_with_parent() -> None:
    """Also when this program is killed: `unshare` dies, and with it the first process of its namespace, and with that all others."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def build() -> str:
    """The command, of this checkout."""
    subprocess.run(["cargo", "build", "--quiet", "--locked", "--package", "meshgen-cli"], cwd=ROOT, check=True)
    target = Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target")
    return str(target / "debug" / "meshgen")


def namespaces() -> tuple[list[str], str]:
    """How to get apart, or why that cannot be."""
    missing = [program for program in ("unshare", "ip", "openssl") if not shutil.which(program)]
    if missing:
        return [], f"there is no {' and no '.join(missing)}"
    done = subprocess.run([*APART, "ip", "link", "set", "lo", "up"], capture_output=True, text=True, check=False)
    return (APART, "") if done.returncode == 0 else ([], f"no namespaces of our own: {done.stderr.strip()}")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
