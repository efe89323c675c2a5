"""The test scripts, against servers that answer, refuse, keep silent, reset and hang up. curl and grpcurl are real;
kubectl is not: it runs what stands after `--` on this machine, with the cluster's host and port replaced."""

from __future__ import annotations

import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import servers
import world
from report import check, skip

HOST = "demo-dgraph-alpha.dgraph.svc.cluster.local"
EXPECTS = ("open", "timeout", "refused", "reset", "closed", "forbidden", "unavailable")
ENVOY = "upstream connect error or disconnect/reset before headers. "
LATE = ENVOY + "reset reason: connection timeout"
LATE_TOO = ENVOY + "retried and the latest reset reason: remote connection failure, transport failure reason: delayed connect error: 110"
NOBODY = ENVOY + "reset reason: remote connection failure, transport failure reason: delayed connect error: 111"
HUNG_UP = ENVOY + "reset reason: connection termination"
CODE = grpc.StatusCode


def kubectl(ports: dict[int, int], *first: dict) -> list[dict]:
    """Rules of a kubectl whose `exec` reaches these ports."""
    mapped = {f"{HOST}:{port}": f"127.0.0.1:{real}" for port, real in ports.items()}
    return [*first, {"program": "kubectl", "words": ["exec"], "exec": True, "map": mapped}]


def stub(*failure: object) -> int:
    """A Dgraph that always fails so, or never."""
    server = servers.Dgraph()
    if failure:
        server.failures = {"version": [failure] * 50}  # type: ignore[dict-item]
    return server.start()


def matrix() -> list[tuple[str, str, int, str, set[str]]]:
    """What is behind the port, how it is asked, whether the client has a sidecar, and which claims hold then."""
    http, serving = servers.http, servers.serving
    sidecar, bare = "true", "false"
    return [
        ("http", "an answer", serving(http("200 OK", "fine")), bare, {"open"}),
        ("http", "a 404", serving(http("404 Not Found", "")), bare, {"open"}),
        ("http", "a 500 of the server's own", serving(http("500 Oops", "oops")), bare, {"open"}),
        ("http", "a binary answer", serving(http("200 OK", "\0\1\2\0")), bare, {"open"}),
        ("http", "an answer that looks like our mark", serving(http("200 OK", "x\n@@ 403 0.1\n")), bare, {"open"}),
        ("http", "a 403", serving(http("403 Forbidden", "RBAC: access denied")), sidecar, {"forbidden"}),
        ("http", "a 503 without a reason", serving(http("503 Service Unavailable", "no healthy upstream")), sidecar, {"unavailable"}),
        ("http", "the sidecar's 503 of a dropped packet", serving(http("503 Service Unavailable", LATE)), sidecar, {"unavailable", "timeout"}),
        ("http", "the sidecar's other 503 of it", serving(http("503 Service Unavailable", LATE_TOO)), sidecar, {"unavailable", "timeout"}),
        ("http", "the sidecar's 503 of a refusal", serving(http("503 Service Unavailable", NOBODY)), sidecar, {"unavailable", "refused"}),
        ("http", "the sidecar's 503 of a hang-up", serving(http("503 Service Unavailable", HUNG_UP)), sidecar, {"unavailable", "reset", "closed"}),
        ("http", "nobody", servers.refusing(), bare, {"refused"}),
        ("http", "dropped packets", servers.dropping(), bare, {"timeout"}),
        ("http", "silence", serving(servers.silent), bare, {"timeout"}),
        ("http", "a reset", serving(servers.resets), bare, {"reset", "closed"}),
        ("http", "a hang-up", serving(servers.closes), bare, {"reset", "closed"}),
        ("grpc", "an answer", stub(), bare, {"open"}),
        ("grpc", "an error of the server's own", stub(CODE.UNIMPLEMENTED, "no"), bare, {"open"}),
        ("grpc", "a denial", stub(CODE.PERMISSION_DENIED, "RBAC: access denied"), sidecar, {"forbidden"}),
        ("grpc", "the sidecar's word of a dropped packet", stub(CODE.UNAVAILABLE, LATE), sidecar, {"unavailable", "timeout"}),
        ("grpc", "the sidecar's word of a refusal", stub(CODE.UNAVAILABLE, NOBODY), sidecar, {"unavailable", "refused"}),
        ("grpc", "unavailable without a reason", stub(CODE.UNAVAILABLE, "starting"), bare, {"unavailable"}),
        ("grpc", "a deadline", stub(CODE.DEADLINE_EXCEEDED, "too late"), bare, {"timeout"}),
        ("grpc", "nobody", servers.refusing(), bare, {"refused"}),
        ("grpc", "dropped packets", servers.dropping(), bare, {"timeout"}),
        ("grpc", "silence", serving(servers.silent), bare, {"timeout"}),
        ("grpc", "a reset", serving(servers.resets), bare, {"reset", "closed"}),
        ("grpc", "a server of something else", serving(http("200 OK", "fine")), bare, set()),
        ("tcp", "a greeting", serving(servers.greets), bare, {"open"}),
        ("tcp", "an open connection", serving(servers.silent), bare, {"open"}),
        ("tcp", "a hang-up", serving(servers.closes), bare, {"reset", "closed"}),
        ("tcp", "a reset", serving(servers.resets), bare, {"reset", "closed"}),
        ("tcp", "nobody", servers.refusing(), bare, {"refused"}),
        ("tcp", "dropped packets", servers.dropping(), bare, {"timeout"}),
        ("tcp", "a sidecar that hangs up at once", serving(servers.closes), sidecar, {"reset", "closed"}),
        ("tcp", "a sidecar that hangs up in the end", serving(servers.closes_late), sidecar, {"timeout"}),
    ]


SEEN = """
. scripts/lib.sh
cd "$PROTOS"
{probe}
for word in {expects}; do ! as_expected "$word" || printf '%s\\n' "$word"; done
printf 'saw %s (%s): %s\\n' "$SEEN" "$REASON" "$DETAIL"
"""


def seen(case: tuple[str, str, int, str, set[str]]) -> None:
    """Which claims hold after one look, and that no others do."""
    protocol, what, real, sidecar, right = case
    probe = {
        "http": f"probe_http ns deployment/x c GET http://{HOST}:80/health",
        "grpc": f"probe_grpc ns deployment/x c {HOST} 80 api.Dgraph/CheckVersion api.proto",
        "tcp": f"probe_tcp ns deployment/x c {HOST} 80 {sidecar}",
    }[protocol]
    one = world.World(kubectl({80: real}))
    script = SEEN.format(probe=probe, expects=" ".join(EXPECTS))
    done = one.run(world.tree("aks"), "bash", "-c", script, PROTOS=str(protos()))
    *words, last = done.stdout.splitlines() or [""]
    what = f"{protocol}, {what}: {' and '.join(sorted(right)) or 'nothing'}"
    check(what, set(words) == right and last.startswith("saw ") and not done.returncode, f"{words} {last}\n{done.stderr}")


def claim(protocol: str, real: int, sidecar: str, expect: str, *first: dict, **more: str) -> str:
    """What one claim prints."""
    one = world.World(kubectl({80: real}, *first))
    rest = {"http": "GET /health", "grpc": "api.Dgraph/CheckVersion api.proto", "tcp": ""}[protocol]
    script = f'. scripts/lib.sh; cd "$PROTOS"; claim {protocol} ns deployment/x c {sidecar} {HOST} 80 {expect} {rest}; finish'
    done = one.run(world.tree("aks"), "bash", "-c", script, PROTOS=str(protos()), **more)
    return f"{done.stdout}{done.stderr}exit code {done.returncode}"


def protos() -> Path:
    """A folder with an api.proto."""
    where = Path(world.os.environ["KIT_WORK"]) / "protos"
    where.mkdir(exist_ok=True)
    return where


def run(home: Path) -> None:
    """The matrix, then whole scripts."""
    grpcurl = shutil.which(str(home / "bin" / "grpcurl"))
    cases = matrix()
    if grpcurl:
        text = subprocess.run([str(home / "bin" / "python"), "-c", PROTOSET], capture_output=True, check=True).stdout
        (protos() / "api.protoset").write_bytes(text)
        subprocess.run([grpcurl, "-protoset", "api.protoset", "-proto-out-dir", ".", "describe", "api.Dgraph"], cwd=protos(), capture_output=True, check=True)
    else:
        skip("probes of gRPC", "there is no grpcurl, and no Go to compile it")
        cases = [case for case in cases if case[0] != "grpc"]
    world.tree("aks")
    with ThreadPoolExecutor(8) as pool:
        for _ in pool.map(seen, cases):
            pass
    untestable()
    limits()
    scripts(bool(grpcurl))


PROTOSET = (
    "import sys; from google.protobuf.descriptor_pb2 import FileDescriptorSet; from pydgraph.proto import api_pb2; "
    "s = FileDescriptorSet(); api_pb2.DESCRIPTOR.CopyToProto(s.file.add()); sys.stdout.buffer.write(s.SerializeToString())"
)


def untestable() -> None:
    """What goes wrong before the network is asked proves nothing about the network."""
    execs = {"program": "kubectl", "words": ["exec"]}
    missing = 'OCI runtime exec failed: exec failed: unable to start container process: exec: "curl": executable file not found in $PATH\n'
    for expect in ("open", "timeout"):
        for what, rule in (
            ("kubectl finds no pod", {**execs, "code": 1, "err": 'Error from server (NotFound): pods "x" not found\n'}),
            ("kubectl is refused", {**execs, "code": 1, "err": "error: dial tcp 10.0.0.1:443: connect: connection refused\n"}),
            ("kubectl hangs", {**execs, "sleep": 30}),
        ):
            said = claim("http", 1, "false", expect, rule, PROBE_MARGIN="1")
            check(f"{what}: `{expect}` fails", said.startswith("not ok 1 - ") and said.endswith("exit code 1"), said)
        said = claim("http", 1, "false", expect, {**execs, "code": 126, "err": missing})
        check(f"no curl in the container: `{expect}` is a SKIP", "# SKIP" in said, said)
    said = claim("grpc", 1, "false", "open", {**execs, "code": 1, "err": "Failed to process proto source files.: open api.proto: no such file or directory\n"})
    check("a missing api.proto is a failure, not a SKIP", said.startswith("not ok 1 - "), said)
    said = claim("http", servers.unresolved(), "false", "timeout", {**execs, "code": 6, "err": "curl: (6) Could not resolve host\n"})
    check("a name that is not resolved is no time-out", said.startswith("not ok 1 - "), said)


LIMIT = """
. scripts/lib.sh
{no_timeout}
limit 5 true
limit 5 sh -c 'exit 7' || echo "code $?"
limit 1 sleep 30 || echo "late $?"
printf 'through\\n' | limit 5 cat
answer=$(limit 5 echo captured); echo "$answer"
"""


def limits() -> None:
    """Time limits, with and without the program `timeout`."""
    for what, line in (("timeout", ""), ("no timeout", "TIMEOUT=")):
        one = world.World([])
        done = one.run(world.tree("aks"), "bash", "-c", LIMIT.format(no_timeout=line))
        good = done.stdout == "code 7\nlate 124\nthrough\ncaptured\n" and not done.stderr
        check(f"with {what}: a limit gives the command's exit code, input and output, and ends it in time", good, done.stdout + done.stderr)


POLICY = {"program": "kubectl", "words": ["get", "networkpolicies.networking.k8s.io", "dgraph-allow-istio"]}


def scripts(grpcurl: bool) -> None:
    """The article's tests as they are in the tree."""
    if not grpcurl:
        skip("the article's tests", "they need grpcurl")
        return
    tree = world.tree("aks")
    up = {8080: servers.serving(servers.http("200 OK", "[]")), 9080: stub()}
    down = {8080: servers.dropping(), 9080: servers.dropping()}
    there = {**POLICY, "out": "networkpolicy.networking.k8s.io/dgraph-allow-istio\n"}
    tap("Test 0 passes without the policy", tree, "test_0", kubectl(up), 0, ok=4)
    tap("Test 0 fails where nobody answers", tree, "test_0", kubectl(down), 1, not_ok=4)
    tap("Test 0 is a SKIP when the policy is there", tree, "test_0", kubectl(up, there), 0, skipped=True)
    tap("Test 0 fails where the cluster cannot tell", tree, "test_0", kubectl(up, {**POLICY, "code": 1, "err": "forbidden\n"}), 1)
    calls = tap("Test 1 passes where packets are dropped", tree, "test_1", kubectl(down), 0, ok=2)
    applied = world.find(calls, "apply", "--filename", "examples/dgraph/network_policy.yaml")
    asked = world.find(calls, "exec")
    check("Test 1 applies the policy, and then asks", applied and asked and applied[0] < asked[0], world.said(calls))
    tap("Test 1 fails where everybody answers", tree, "test_1", kubectl(up), 1, not_ok=2)
    refused = {"program": "kubectl", "words": ["apply"], "code": 1, "err": "denied\n"}
    tap("Test 1 bails out when the policy is refused", tree, "test_1", kubectl(down, refused), 1, bail=True)
    tap("Test 2 passes with the policy", tree, "test_2", kubectl(up, there), 0, ok=2)
    tap("Test 2 is a SKIP without the policy", tree, "test_2", kubectl(up), 0, skipped=True)
    unreachable = {"program": "kubectl", "words": ["version"], "code": 1, "err": "no\n"}
    tap("a cluster that does not answer is an error", tree, "test_0", [unreachable], 1)


def tap(
    what: str, tree: Path, name: str, rules: list[dict], code: int, ok: int = 0, not_ok: int = 0, *, skipped: bool = False, bail: bool = False
) -> list[list[str]]:
    """Runs a test script; its TAP must be whole and say this."""
    one = world.World(rules)
    (tree / "api.proto").write_text((protos() / "api.proto").read_text())
    done = one.run(tree, f"scripts/{name}.sh")
    (tree / "api.proto").unlink()
    lines = done.stdout.splitlines()
    plans = [line for line in lines if line.startswith("1..")]
    good = done.returncode == code
    if skipped:
        good = good and len(plans) == 1 and plans[0].startswith("1..0 # SKIP ")
    elif bail:
        good = good and any(line.startswith("Bail out! ") for line in lines)
    elif ok or not_ok:
        passed = [n for n, line in enumerate((x for x in lines if x.startswith(("ok ", "not ok "))), 1) if line.startswith(f"ok {n} - ") and "SKIP" not in line]
        failed = [line for line in lines if line.startswith("not ok ")]
        good = good and plans == [f"1..{ok + not_ok}"] and len(passed) == ok and len(failed) == not_ok
    else:
        good = good and not any(line.startswith("ok ") for line in lines)
    check(what, good, f"{done.stdout}{done.stderr}exit code {done.returncode}")
    return one.calls()
