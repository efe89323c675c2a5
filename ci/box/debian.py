"""Programs of Debian's that a machine lacks, in the cache: nothing is installed, and what is installed stays as it is."""

import hashlib
import os
import pathlib
import shutil
import subprocess
import tempfile

PACKAGES = {
    "iptables": "iptables",
    "iptables-restore": "iptables",
    "nft": "nftables",
    "ip": "iproute2",
    "curl": "curl",
    "openssl": "openssl",
    "ps": "procps",
    "sysctl": "procps",
}


def add(programs, cache):
    """Looks for the packages of these programs with all that they need, and puts them on PATH. What apt cannot give stays missing."""
    wanted = sorted({PACKAGES[program] for program in programs if program in PACKAGES})
    if not wanted or not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        return
    names = [name for name in needed(wanted) if not installed(name)]
    key = hashlib.sha256(" ".join(names).encode()).hexdigest()[:12]
    folder = cache / f"debian-{key}"
    if names and not folder.is_dir():
        fetch(names, folder)
    if folder.is_dir():
        on_path(folder)




def needed(packages):
    """They, and what they depend on."""
    command = ["apt-cache", "depends", "--recurse", "--no-pre-depends", "--important", *packages]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return sorted({line for line in said.splitlines() if line and line[0].isalnum()} | set(packages))


def installed(package):
    command = ["dpkg-query", "--show", "--showformat", "${db:Status-Status}", package]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout == "installed"


def fetch(names, folder):
    """All of them or nothing."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    print(f"# fetching {', '.join(names)}", flush=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as made:
        download = ["apt-get", "-o", "APT::Sandbox::User=root", "download", *names]
        done = subprocess.run(download, cwd=made, capture_output=True, text=True, check=False)
        if done.returncode:
            subprocess.run(["apt-get", "update"], capture_output=True, check=False)
            done = subprocess.run(download, cwd=made, capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"# apt-get has nothing: {(done.stderr.strip().splitlines() or [''])[-1]}", flush=True)
            return
        for archive in sorted(pathlib.Path(made).glob("*.deb")):
            subprocess.run(["dpkg-deb", "--extract", archive, f"{made}/root"], check=True)
        sbin = pathlib.Path(made, "root", "usr", "sbin")
        if (sbin / "xtables-nft-multi").exists():
            # What `update-alternatives` would link: one program that goes by its name.
            for name in ("iptables", "iptables-restore", "iptables-save", "ip6tables", "ip6tables-restore", "ip6tables-save"):
                (sbin / name).symlink_to("xtables-nft-multi")
        pathlib.Path(made, "root").rename(folder)


def on_path(folder):
    """Programs, their libraries, and the modules of iptables."""
    before = {"PATH": [folder / "usr" / "sbin", folder / "usr" / "bin", folder / "sbin", folder / "bin"]}
    libraries = [path for top in (folder / "usr" / "lib", folder / "lib") for path in top.glob("*-linux-gnu*") if path.is_dir()]
    before["LD_LIBRARY_PATH"] = libraries
    for name, folders in before.items():
        os.environ[name] = os.pathsep.join([*map(str, folders), *filter(None, [os.environ.get(name)])])
    modules = [path / "xtables" for path in libraries if (path / "xtables").is_dir()]
    if modules:
        os.environ["XTABLES_LIBDIR"] = str(modules[0])
