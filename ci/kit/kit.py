"""The kit of the client: what make tells docker, what the Dockerfile does, and whether its pins can be had."""

from __future__ import annotations

import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import world
from report import check, skip


def run(home: Path) -> None:
    """All of it."""
    kit = world.tree("aks") / "examples/pydgraph"
    makes(kit)
    dockerfile(kit, home)
    image(kit, home)
    pins(home)


def makes(kit: Path) -> None:
    """What make calls."""
    for what, target, environ, wanted in (
        ("without a registry the image is local", "build", {}, [["docker", "build", "--tag", "pydgraph-client:1.0.0", "."]]),
        ("REGISTRY goes in front", "build", {"REGISTRY": "r.io/x"}, [["docker", "build", "--tag", "r.io/x/pydgraph-client:1.0.0", "."]]),
        ("so does the article's variable", "build", {"AZ_ACR_LOGIN_SERVER": "a.io"}, [["docker", "build", "--tag", "a.io/pydgraph-client:1.0.0", "."]]),
        ("push pushes", "push", {"REGISTRY": "r.io"}, [["docker", "push", "r.io/pydgraph-client:1.0.0"]]),
        (
            "several architectures are built and pushed at once",
            "push",
            {"REGISTRY": "r.io", "PLATFORMS": "linux/amd64,linux/arm64"},
            [["docker", "buildx", "build", "--platform", "linux/amd64,linux/arm64", "--tag", "r.io/pydgraph-client:1.0.0", "--push", "."]],
        ),
        ("clean takes the image away", "clean", {}, [["docker", "image", "rm", "--force", "pydgraph-client:1.0.0"]]),
    ):
        one = world.World([])
        done = one.run(kit, "make", target, **environ)
        seen = one.calls()
        check(f"make {target}: {what}", not done.returncode and seen == wanted, f"{seen} {done.stderr}")
    one = world.World([])
    done = one.run(kit, "make", "push")
    check(
        "make push: without a registry it is an error, and nothing is pushed",
        done.returncode and "set REGISTRY" in done.stderr and not one.calls(),
        done.stderr,
    )
    for target in ("build", "push", "test"):
        one = world.World([{"program": "docker", "code": 1}])
        done = one.run(kit, "make", target, REGISTRY="r.io")
        check(f"make {target}: what docker cannot do is an error", done.returncode != 0, done.stdout)
    one = world.World([])
    done = one.run(kit, "make", "test")
    seen = one.calls()
    check("make test: builds, and runs without a network", not done.returncode and [c[1] for c in seen] == ["build", "run"] and "none" in seen[1], seen)


def dockerfile(kit: Path, home: Path) -> None:
    """What can be known of a Dockerfile without an engine."""
    text = (kit / "Dockerfile").read_text()
    lines = [line for line in text.replace("\\\n", " ").splitlines() if line and not line.startswith("#")]
    users = [line for line in lines if line.startswith("USER ")]
    check(
        "Dockerfile: it ends as a user that is not root, by number",
        users and re.fullmatch(r"USER [1-9]\d+:[1-9]\d+", users[-1]) and "1337" not in users[-1],
        users,
    )
    arguments = dict(line[4:].split("=", 1) for line in lines if line.startswith("ARG ") and "=" in line)
    bases = [arguments[line.split("${")[1].split("}")[0]] for line in lines if line.startswith("FROM ")]
    check("Dockerfile: no base is `latest`", len(bases) == 2 and all(":" in b.split("/")[-1] and "latest" not in b for b in bases), bases)
    fetching = [line for line in lines if re.search(r"\b(ADD|curl|wget|git clone)\b", line) and "apt-get" not in line]
    check("Dockerfile: nothing is fetched that is not checked", not fetching and "--require-hashes" in text and "GOSUMDB=sum.golang.org" in text, fetching)
    named = re.search(r"amd64|x86_64|arm64|aarch64", "\n".join(lines))
    check("Dockerfile: no architecture is named", not named, named)
    copied = [name for line in lines if line.startswith("COPY ") and "--from" not in line for name in line.split()[1:-1]]
    check("Dockerfile: what it copies is there", len(copied) == 4 and all((kit / name).is_file() for name in copied), copied)
    proto(lines, home)


def proto(lines: list[str], home: Path) -> None:
    """The step that makes api.proto, as it stands, with both clients."""
    if not (home / "bin/grpcurl").exists():
        skip("Dockerfile: api.proto", "there is no grpcurl, and no Go to compile it")
        return
    step = next(line for line in lines if line.startswith("RUN python3 -c"))
    for client, path in (("25.2.0", ""), ("24.3.0", str(home / "old-client"))):
        where = world.folder()
        script = step.removeprefix("RUN ").replace("/tmp/api.protoset", str(where / "api.protoset"))
        environ = {"PATH": f"{home / 'bin'}:/usr/bin:/bin", "PYTHONPATH": path}
        done = subprocess.run(["sh", "-c", script], cwd=where, env=environ, capture_output=True, text=True, check=False)
        made = (where / "api.proto").read_text() if (where / "api.proto").exists() else ""
        check(
            f"Dockerfile: api.proto of pydgraph {client} has the call that the tests make",
            not done.returncode and "rpc CheckVersion" in made,
            done.stdout + done.stderr,
        )


def image(kit: Path, home: Path) -> None:
    """test_image.sh, which runs inside the image, run here: all that is not of the image must hold."""
    where = world.folder()
    for name in ("load_data.py", "sw.schema", "sw.nquads.rdf"):
        (where / name).write_bytes((kit / name).read_bytes())
    environ = {"PATH": f"{home / 'bin'}:/usr/bin:/bin"}
    (where / "api.proto").write_text('syntax = "proto3"; package api; message A {} service Dgraph { rpc CheckVersion (A) returns (A); }\n')
    done = subprocess.run(["bash", str(kit / "test_image.sh")], cwd=where, env=environ, capture_output=True, text=True, check=False)
    failed = {line for line in done.stdout.splitlines() if line.startswith("not ok - ")}
    here = {"not ok - the user is not root"} if os.geteuid() == 0 else set()
    tools = {f"not ok - {tool} is there" for tool in ("jq", "curl") if not any(Path(p, tool).exists() for p in ("/usr/bin", "/bin"))}
    if not (home / "bin/grpcurl").exists():
        tools |= {"not ok - grpcurl is there", "not ok - grpcurl reads api.proto"}
    check(
        "test_image.sh: what it asks of the image can be true, and its exit code says what is not",
        failed == here | tools and done.returncode == bool(failed),
        done.stdout,
    )


def pins(home: Path) -> None:
    """Whether the wheels of requirements.txt can be had, with just these hashes."""
    trees = {24: world.tree("aks")}
    value = world.context("aks")
    value["kits"][0]["dgraph_major"] = 25
    trees[25], _ = world.render(value)
    cases = [(24, "3.12", "aarch64"), (24, "3.14", "x86_64"), (25, "3.12", "x86_64"), (25, "3.13", "aarch64"), (25, "3.14", "aarch64")]
    with ThreadPoolExecutor(3) as pool:
        for _ in pool.map(lambda case: pin(home, trees[case[0]], *case), cases):
            pass


def pin(home: Path, tree: Path, major: int, python: str, machine: str) -> None:
    """For one Python and one architecture."""
    platforms = [w for p in ("manylinux2014", "manylinux_2_17", "manylinux_2_28") for w in ("--platform", f"{p}_{machine}")]
    abis = [w for a in (f"cp{python.replace('.', '')}", "abi3", "none") for w in ("--abi", a)]
    command = [home / "bin/python", "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--only-binary=:all:", "--require-hashes"]
    command += [
        "--python-version",
        python,
        "--implementation",
        "cp",
        *abis,
        *platforms,
        "--dest",
        world.folder(),
        "-r",
        tree / "examples/pydgraph/requirements.txt",
    ]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    client = (tree / "examples/pydgraph/requirements.txt").read_text().split("pydgraph==")[1].split()[0]
    what = f"requirements.txt for Dgraph {major}: pydgraph {client} and all it needs, Python {python}, {machine}"
    if done.returncode and "connection" in done.stderr.lower():
        skip(what, "no package index is reached")
        return
    check(what, not done.returncode and client.startswith(str(major)), done.stderr)
