"""traffic.sh and Test 3, against a cluster that is a stand-in."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import world
from report import check

COUNT = "{ me(func: has(starring)) { count(uid) } }"
STARS = "{ me(func: has(starring)) { stars: count(starring) } }"
PROMETHEUS = "/api/v1/namespaces/istio-system/services/prometheus:9090/proxy/api/v1/query?query=sum%28istio_requests_total%7Bdestination_service_name%3D%22demo-dgraph-alpha%22%2Cdestination_service_namespace%3D%22dgraph%22%2Crequest_protocol%3D%22{}%22%7D%29%20%3E%200"
KIALI = "/api/v1/namespaces/istio-system/services/kiali:20001/proxy/kiali/healthz"


def kubectl(*words: str, **rest: object) -> dict:
    """A rule of kubectl."""
    return {"program": "kubectl", "words": list(words), **rest}


def cluster(*first: dict) -> list[dict]:
    """Everything answers; the database is empty until it is loaded."""
    counted = '{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1700000000.1,"42"]}]}}\n'
    return [
        *first,
        kubectl("exec", COUNT, **{"if": "loaded"}, out='{"data":{"me":[{"count":3}]}}\n'),
        kubectl("exec", COUNT, out='{"data":{"me":[{"count":0}]}}\n'),
        kubectl("exec", "load_data.py", "--plaintext", "--schema", "./sw.schema", makes="loaded"),
        kubectl("exec", STARS, **{"if": "loaded"}, out='{"data":{"me":[{"stars":3},{"stars":3},{"stars":3}]}}\n'),
        kubectl("get", "--raw", PROMETHEUS.format("http"), out=counted),
        kubectl("get", "--raw", PROMETHEUS.format("grpc"), out=counted),
        kubectl("get", "--raw", PROMETHEUS.format(""), out=counted),
    ]


def run(_home: Path) -> None:
    """What is sent, and what Test 3 makes of the answers."""
    tree = world.tree("aks")
    with ThreadPoolExecutor(6) as pool:
        for done in [pool.submit(sends, tree), *(pool.submit(test_3, tree, *case) for case in CASES)]:
            done.result()


def sends(tree: Path) -> None:
    """Loads once, then sends both protocols."""
    one = world.World(cluster())
    done = one.run(tree, "scripts/traffic.sh", "3")
    seen = one.calls()
    check(
        "traffic: an empty database is loaded, without dropping",
        not done.returncode and len(world.find(seen, "load_data.py")) == 1 and not world.find(seen, "--drop-all"),
        done.stderr,
    )
    check(
        "traffic: three rounds of HTTP, gRPC and a query",
        [len(world.find(seen, w)) for w in ("http://demo-dgraph-alpha.dgraph.svc.cluster.local:8080/health", "api.Dgraph/CheckVersion")] == [3, 3],
        world.said(seen),
    )
    done = one.run(tree, "scripts/traffic.sh", "1")
    check("traffic: a database with data is left alone", not done.returncode and not world.find(one.calls(), "load_data.py"), done.stderr)
    done = one.run(tree, "scripts/traffic.sh", "1; id")
    check("traffic: rounds are a number", done.returncode == 1 and "usage" in done.stderr, done.stderr)
    for what, rule in (
        ("a request that fails", kubectl("exec", "grpcurl", code=1)),
        ("a query without an answer", kubectl("exec", COUNT, code=28)),
        ("an answer that is none", kubectl("exec", COUNT, out='{"errors":[{"message":"no"}]}\n')),
        ("a loader that fails", kubectl("exec", "load_data.py", code=1)),
    ):
        done = world.World(cluster(rule)).run(tree, "scripts/traffic.sh", "1")
        check(f"traffic: {what} is a failure", done.returncode != 0, done.stdout + done.stderr)


NO_DATA = '{"status":"success","data":{"resultType":"vector","result":[]}}\n'
CASES: tuple[tuple[str, list[dict], list[int]], ...] = (
    ("all is seen", [], []),
    ("requests fail", [kubectl("exec", "grpcurl", code=1)], [1]),
    ("a film is missing", [kubectl("exec", STARS, out='{"data":{"me":[{"stars":3},{"stars":3}]}}\n')], [2]),
    ("a film is there twice", [kubectl("exec", STARS, out='{"data":{"me":[{"stars":3},{"stars":3},{"stars":3},{"stars":3}]}}\n')], [2]),
    ("a star is missing", [kubectl("exec", STARS, out='{"data":{"me":[{"stars":3},{"stars":3},{"stars":2}]}}\n')], [2]),
    ("the query is refused", [kubectl("exec", STARS, code=22)], [2]),
    ("Prometheus saw no HTTP", [kubectl("get", "--raw", PROMETHEUS.format("http"), out=NO_DATA)], [3]),
    ("Prometheus saw no gRPC", [kubectl("get", "--raw", PROMETHEUS.format("grpc"), out=NO_DATA)], [4]),
    ("Prometheus does not answer", [kubectl("get", "--raw", PROMETHEUS.format(p), code=1) for p in ("http", "grpc")], [3, 4]),
    ("Kiali does not answer", [kubectl("get", "--raw", KIALI, code=1, err="no endpoints\n")], [5]),
)


def test_3(tree: Path, what: str, rules: list[dict], failing: list[int]) -> None:
    """Runs it; just these of its five tests fail."""
    done = world.World(cluster(*rules)).run(tree, "scripts/test_3.sh", TRAFFIC_ROUNDS="1")
    lines = done.stdout.splitlines()
    failed = [int(line.split()[2]) for line in lines if line.startswith("not ok ")]
    passed = [int(line.split()[1]) for line in lines if line.startswith("ok ")]
    whole = lines[:1] == ["1..5"] and sorted(failed + passed) == [1, 2, 3, 4, 5]
    check(f"Test 3, {what}: {failing or 'nothing'} fails", whole and failed == failing and done.returncode == bool(failing), done.stdout + done.stderr)
