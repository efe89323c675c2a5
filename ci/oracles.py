#!/usr/bin/env python3
"""Asks two programs that others made, and ours, who may connect to whom in random clusters, and compares.

usage: oracles.py [--cases N] [--seed S] [--bin FOLDER] [--keep FOLDER]

The two are network-config-analyzer (PyPI) and cyclonus (Go); they are installed once, under
${XDG_CACHE_HOME:-~/.cache}/meshgen. Each is asked only what it can answer rightly:

- Both: NetworkPolicy of Kubernetes, as the API server would store it (defaults filled in). No block of addresses of a
  policy holds an address of a pod, since neither leaves pods out of blocks, and the specification leaves it open.
- cyclonus looks up one name for a port: pods that give a port of a protocol several names are not asked for it.

Ends with 1 if an answer differs that is not proven to be one of those in ACCEPTED. An answer that ours calls unknown is
counted, not compared.
"""

import argparse
import collections
import copy
import ipaddress
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import cached

ROOT = pathlib.Path(__file__).resolve().parent.parent
NCA, CYCLONUS = "network-config-analyzer", "cyclonus"
VERSIONS = {NCA: "2.1.0", CYCLONUS: "v0.5.6"}


def peers(policy):
    """The lists of peers of a policy's rules."""
    for rules, key in (("ingress", "from"), ("egress", "to")):
        for rule in policy["spec"].get(rules) or []:
            if rule.get(key):
                yield rule[key]


def with_keys_or_without(selector):
    """The same selector as several, in which `NotIn` is asked only of objects that have the key."""
    made = [{**selector, "matchExpressions": []}]
    for asked in selector.get("matchExpressions") or []:
        there, gone = ({"key": asked["key"], "operator": operator} for operator in ("Exists", "DoesNotExist"))
        choices = [[there, asked], [gone]] if asked["operator"] == "NotIn" else [[asked]]
        made = [{**s, "matchExpressions": s["matchExpressions"] + choice} for s in made for choice in choices]
    return made


def without_bare_not_in(manifests):
    """The same policies, in which `NotIn` is asked only of objects that have the key: peers, and policies, add up."""
    kept = [m for m in copy.deepcopy(manifests) if m["kind"] != "NetworkPolicy"]
    for policy in copy.deepcopy(policies(manifests)):
        for listed in peers(policy):
            for key in ("podSelector", "namespaceSelector"):
                expanded = lambda peer: ({**peer, key: s} for s in with_keys_or_without(peer[key]))
                listed[:] = [p for peer in listed for p in (expanded(peer) if key in peer else [peer])]
        for n, selector in enumerate(with_keys_or_without(policy["spec"]["podSelector"])):
            metadata = {**policy["metadata"], "name": f"{policy['metadata']['name']}-{n}"}
            kept.append({**policy, "metadata": metadata, "spec": {**policy["spec"], "podSelector": selector}})
    return kept


def by_values(manifests):
    """The same policies, which beside a namespaceSelector say `Exists` and `DoesNotExist` by the values that there are."""
    manifests = copy.deepcopy(manifests)
    values = collections.defaultdict(set)
    for pod in pods(manifests).values():
        for key, value in pod["labels"].items():
            values[key].add(value)
    for peer in (peer for policy in policies(manifests) for listed in peers(policy) for peer in listed):
        for asked in peer.get("podSelector", {}).get("matchExpressions") or [] if "namespaceSelector" in peer else []:
            if asked["operator"] in ("Exists", "DoesNotExist"):
                asked["operator"] = {"Exists": "In", "DoesNotExist": "NotIn"}[asked["operator"]]
                asked["values"] = sorted(values[asked["key"]]) or ["none"]
    return manifests


# How the other program may differ because it is wrong, and the same policies in words that it understands: with those it
# has to answer as we do, and the naive judge has to answer as we do to both. Nothing else is accepted.
Accepted = collections.namedtuple("Accepted", "program reason source rewritten")
ACCEPTED = [
    Accepted(
        NCA,
        "`Exists` and `DoesNotExist` of a podSelector beside a namespaceSelector look in the policy's namespace only",
        "networking/v1 NetworkPolicyPeer; its K8sPolicyYamlParser.parse_label_selector_requirement passes its namespace",
        by_values,
    ),
    Accepted(
        CYCLONUS,
        "`NotIn` selects nobody without the key there; Kubernetes selects those as well",
        "meta/v1 LabelSelectorRequirement; k8s.io/apimachinery pkg/labels, Requirement.Matches",
        without_bare_not_in,
    ),
]

# Blocks that hold no address of a pod (10.0.0.0/8 here), with as much in common with one another as those they replace.
BLOCKS = {
    "0.0.0.0/0": "1.0.0.0/8",
    "10.0.0.0/8": "8.8.0.0/16",
    "::/0": "2000::/3",
}
PORTS = [53, 80, 81, 8080, 65535]
PROTOCOLS = ["SCTP", "TCP", "UDP"]
OUTSIDE = ["1.2.3.4", "1.2.3.5", "1.2.9.9", "1.9.9.9", "8.8.8.8", "9.9.9.9", "2001:db8::1", "2002::1"]

Question = collections.namedtuple("Question", "source destination protocol port")

# ---------------------------------------------------------------------------------------------- what is installed


def analyzer():
    """The Python that has network-config-analyzer."""
    return cached.python(cached.environment("oracle", [f"{NCA}=={VERSIONS[NCA]}"]))


def cyclonus():
    """The binary of cyclonus."""
    folder = cached.CACHE / f"oracle-cyclonus-{VERSIONS[CYCLONUS]}"
    if not (folder / "cyclonus").exists():
        package = f"github.com/mattfenwick/cyclonus/cmd/cyclonus@{VERSIONS[CYCLONUS]}"
        environment = {**os.environ, "GOBIN": str(folder)}
        subprocess.run(["nice", "go", "install", package], check=True, env=environment, stdout=sys.stderr)
    return folder / "cyclonus"


# ------------------------------------------------------------------------------------------------------ the cases


def cluster(bin, seed):
    """The manifests of a seed, within what all can answer."""
    said = subprocess.run([bin / "meshgen-random", str(seed)], check=True, capture_output=True).stdout
    manifests = json.loads(said)["manifests"]
    for policy in policies(manifests):
        spec = policy["spec"]
        spec.setdefault("podSelector", {})
        if not spec.get("policyTypes"):
            # As the API server fills it in (networking/v1, `policyTypes`).
            spec["policyTypes"] = ["Ingress"] + (["Egress"] if spec.get("egress") else [])
        # The analyzer refuses rules of a direction that the types leave out; they mean nothing.
        for direction in ("Ingress", "Egress"):
            if direction not in spec["policyTypes"]:
                spec.pop(direction.lower(), None)
        for rule in (spec.get("ingress") or []) + (spec.get("egress") or []):
            for port in rule.get("ports") or []:
                port.setdefault("protocol", "TCP")
            for peer in (rule.get("from") or []) + (rule.get("to") or []):
                if block := peer.get("ipBlock"):
                    block["cidr"] = BLOCKS.get(block["cidr"], block["cidr"])
    # The API server labels each namespace with its name.
    for namespace in (m for m in manifests if m["kind"] == "Namespace"):
        namespace["metadata"]["labels"]["kubernetes.io/metadata.name"] = namespace["metadata"]["name"]
    return manifests


def policies(manifests):
    return [m for m in manifests if m["kind"] == "NetworkPolicy"]


def pods(manifests):
    """By `namespace/name`: labels, labels of the namespace, and the ports of the containers."""
    spaces = {m["metadata"]["name"]: m["metadata"]["labels"] for m in manifests if m["kind"] == "Namespace"}
    found = {}
    for m in manifests:
        if m["kind"] in ("Namespace", "NetworkPolicy"):
            continue
        metadata = m["metadata"]
        template = m["spec"].get("template") or {"metadata": metadata, "spec": m["spec"]}
        ports = [p for c in template["spec"]["containers"] for p in c.get("ports") or []]
        namespace = metadata["namespace"]
        found[f"{namespace}/{metadata['name']}"] = {
            "labels": template["metadata"].get("labels") or {},
            "namespace": namespace,
            "namespaceLabels": spaces[namespace],
            "ports": ports,
        }
    return found


def questions(found):
    ends = list(found) + OUTSIDE
    for source in ends:
        for destination in ends:
            if source == destination or (source in OUTSIDE and destination in OUTSIDE):
                continue
            for protocol in PROTOCOLS:
                for port in PORTS:
                    yield Question(source, destination, protocol, port)


# ---------------------------------------------------------------------------------------------------- the answers


class Table:
    """Lines of a list: what two ends may exchange."""

    def __init__(self):
        self.pods = collections.defaultdict(list)
        self.ranges = []

    def add(self, source, destination, permitted):
        ends = [self.end(source), self.end(destination)]
        if all(isinstance(e, str) for e in ends):
            self.pods[tuple(ends)].append(permitted)
        else:
            self.ranges.append((ends, permitted))

    @staticmethod
    def end(name):
        """A pod by name, or the first and last of some addresses."""
        if "[" in name:
            return name.split("[")[0]
        if "/" in name:
            network = ipaddress.ip_network(name)
            return network[0], network[-1]
        first, _, last = name.partition("-")
        return ipaddress.ip_address(first), ipaddress.ip_address(last or first)

    def permits(self, question):
        found = self.pods.get((question.source, question.destination), [])
        if question.source in OUTSIDE or question.destination in OUTSIDE:
            fits = lambda end, name: end == name if isinstance(end, str) else self.inside(end, name)
            found = [p for (a, b), p in self.ranges if fits(a, question.source) and fits(b, question.destination)]
        return any(permitted(question.protocol, question.port) for permitted in found)

    @staticmethod
    def inside(ends, name):
        if name not in OUTSIDE:
            return False
        address = ipaddress.ip_address(name)
        return address.version == ends[0].version and ends[0] <= address <= ends[1]


def in_ranges(text, port):
    bounds = (part.partition("-") for part in text.split(","))
    return any(int(first) <= port <= int(last or first) for first, _, last in bounds)


def ours(bin, folder):
    """What is permitted for sure, and what only perhaps."""
    command = [bin / "meshgen", "reach", "-f", folder, "--pairs", "--output-format", "json"]
    said = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    tables = {"sure": Table(), "unknown": Table()}
    for line in said["result"]["list"]["lines"]:
        permitted = our_ports(line["ports"])
        for source in line["from"]:
            for destination in line["to"]:
                tables[line["certainty"]].add(source, destination, permitted)
    return tables["sure"], tables["unknown"]


def our_ports(text):
    """`All Connections`, or `SCTP 9003,TCP 80,8000-8010`."""
    if text == "All Connections":
        return lambda protocol, port: True
    by_protocol = dict(re.findall(r"(SCTP|TCP|UDP) ([\d,-]*\d)", text))
    return lambda protocol, port: protocol in by_protocol and in_ranges(by_protocol[protocol], port)


DRIVER = """
import contextlib, io, json, sys
from nca.nca_cli import nca_main
for folder in map(str.strip, sys.stdin):
    out = folder + '/nca.txt'
    arguments = ['--connectivity', folder + '/all', '--resource_list', folder + '/all', '--print_ipv6',
                 '--output_format', 'txt_no_fw_rules', '--output_endpoints', 'deployments', '--file_out', out]
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            code = nca_main(arguments)
        except SystemExit as e:
            code = e.code
        except Exception as e:
            code = repr(e)
    print(json.dumps({'code': code, 'said': said.getvalue()}), flush=True)
"""


class Analyzer:
    """network-config-analyzer, as one process for all cases."""

    def __init__(self):
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
        self.process = subprocess.Popen([analyzer(), "-c", DRIVER], **pipes)

    def says(self, folder, _, asked):
        """For each question whether it is allowed."""
        table = self.table(folder)
        return [table.permits(question) for question in asked]

    def table(self, folder):
        print(folder, file=self.process.stdin, flush=True)
        said = json.loads(self.process.stdout.readline())
        written = folder / "nca.txt"
        if not written.exists():
            raise RuntimeError(f"{NCA} gives no answer: {said}")
        table = Table()
        # Its tables for IPv4 and for IPv6 follow one another without a line break.
        text = re.sub(r"(?<=connections)(?=\S)|(?<=})(?=[^},;\s])", "\n", written.read_text())
        for line in filter(None, map(str.strip, text.splitlines())):
            match = re.fullmatch(r"(\S+) => (\S+) : (.*)", line)
            if not match:
                raise RuntimeError(f"{NCA} says `{line}`, which is not understood")
            table.add(match[1], match[2], their_ports(match[3]))
        return table


def their_ports(text):
    """`All connections`, or `{protocols:TCP,dst_ports:53-80,81},{protocols:UDP}`."""
    if text == "All connections":
        return lambda protocol, port: True
    cubes = []
    for cube in re.findall(r"{([^}]*)}", text):
        match = re.fullmatch(r"protocols:([\w, -]+?)(?:,dst_ports:([\d,-]+))?", cube)
        if not match:
            raise RuntimeError(f"{NCA} says `{text}`, which is not understood")
        cubes.append((re.split(", ?", match[1]), match[2] or "1-65535"))
    if not cubes:
        raise RuntimeError(f"{NCA} says `{text}`, which is not understood")
    return lambda protocol, port: any(protocol in names and in_ranges(ports, port) for names, ports in cubes)


def named(pod, question):
    """The names that a pod gives a port; one protocol at a time."""
    return [
        p["name"]
        for p in pod["ports"]
        if p.get("protocol", "TCP") == question.protocol and p["containerPort"] == question.port and p.get("name")
    ]


def cyclonus_says(binary, folder, found, asked):
    """For each question whether it is allowed."""
    peers = {
        name: {
            "Internal": {
                "PodLabels": pod["labels"],
                "NamespaceLabels": pod["namespaceLabels"],
                "Namespace": pod["namespace"],
            },
            "IP": f"10.0.1.{n + 1}",
        }
        for n, (name, pod) in enumerate(found.items())
    } | {address: {"IP": address} for address in OUTSIDE}
    traffic = [
        {
            "Source": peers[q.source],
            "Destination": peers[q.destination],
            "Protocol": q.protocol,
            "ResolvedPort": q.port,
            "ResolvedPortName": next(iter(named(found[q.destination], q)), "") if q.destination in found else "",
        }
        for q in asked
    ]
    (folder / "traffic.json").write_text(json.dumps(traffic))
    paths = ["--policy-path", folder / "policies", "--traffic-path", folder / "traffic.json"]
    command = [binary, "analyze", "--mode", "query-traffic", *paths]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    answers = [a == "TRUE" for a in re.findall(r"IS ALLOWED\?\s*\|\s*(TRUE|FALSE)", said)]
    if len(answers) != len(asked):
        raise RuntimeError(f"{CYCLONUS} gives {len(answers)} answers to {len(asked)} questions")
    return answers


def naive_says(bin, manifests, asked):
    """`allowed`, `denied` or `undefined` for each question."""
    said = json.dumps({"manifests": manifests, "questions": [q._asdict() for q in asked]})
    return json.loads(subprocess.run([bin / "meshgen-naive"], input=said, capture_output=True, text=True, check=True).stdout)


# ------------------------------------------------------------------------------------------------- the comparison


class Count:
    def __init__(self):
        self.cases = self.compared = self.allowed = self.unknown = 0
        self.differences = []
        self.accepted = collections.Counter()

    def lines(self, program):
        yield (
            f"{program} {VERSIONS[program]}: {self.cases} clusters, {self.compared} connections compared"
            f" ({self.allowed} allowed), {len(self.differences)} differ, {self.accepted.total()} differ and are accepted,"
            f" {self.unknown} unknown to us"
        )
        for accepted in (a for a in ACCEPTED if a.program == program):
            yield f"    {self.accepted[accepted.reason]} accepted: {accepted.reason} ({accepted.source})"


Case = collections.namedtuple("Case", "seed folder manifests bin")


def compare(count, program, case, asked, mine, ask):
    """Asks a program, and where it differs from ours finds out why."""
    sure, perhaps = mine
    count.cases += 1
    differing = []
    for question, theirs in zip(asked, ask(case.folder, case.manifests, asked)):
        if perhaps.permits(question):
            count.unknown += 1
            continue
        count.compared += 1
        is_allowed = sure.permits(question)
        count.allowed += is_allowed
        if is_allowed != theirs:
            differing.append((question, is_allowed))
    for accepted in (a for a in ACCEPTED if a.program == program and differing):
        proven = explained(accepted, case, differing, ask)
        count.accepted[accepted.reason] += len(proven)
        differing = [d for d in differing if d not in proven]
    count.differences += [(case.seed, question, "denied" if ours else "allowed") for question, ours in differing]


def explained(accepted, case, differing, ask):
    """Those differences that are proven to come from what is accepted."""
    asked = [question for question, _ in differing]
    rewritten = accepted.rewritten(case.manifests)
    folder = case.folder / "rewritten" / accepted.program
    write(folder, rewritten)
    answers = zip(ask(folder, rewritten, asked), *(naive_says(case.bin, m, asked) for m in (case.manifests, rewritten)))
    expected = lambda ours: (ours, *["allowed" if ours else "denied"] * 2)
    return [d for d, said in zip(differing, answers) if said == expected(d[1])]


def write(folder, manifests):
    for name, items in (("all", manifests), ("policies", policies(manifests))):
        (folder / name).mkdir(parents=True)
        if name == "policies":
            for n, item in enumerate(items):
                (folder / name / f"{n}.yaml").write_text(json.dumps(item))
        else:
            listed = {"apiVersion": "v1", "kind": "List", "items": copy.deepcopy(items)}
            (folder / name / "all.yaml").write_text(json.dumps(listed))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "target" / "debug")
    parser.add_argument("--keep", type=pathlib.Path, help="where to leave the inputs")
    options = parser.parse_args()
    binary, other = cyclonus(), Analyzer()
    counts = {NCA: Count(), CYCLONUS: Count()}
    with tempfile.TemporaryDirectory() as temporary:
        for seed in range(options.seed, options.seed + options.cases):
            folder = (options.keep or pathlib.Path(temporary)) / str(seed)
            manifests = cluster(options.bin, seed)
            write(folder, manifests)
            found = pods(manifests)
            asked = list(questions(found))
            mine = ours(options.bin, folder / "all")
            case = Case(seed, folder, manifests, options.bin)
            compare(counts[NCA], NCA, case, asked, mine, other.says)
            plain = lambda q: q.destination not in found or len(named(found[q.destination], q)) < 2
            asked = [q for q in asked if plain(q)]
            says = lambda folder, manifests, asked: cyclonus_says(binary, folder, pods(manifests), asked)
            compare(counts[CYCLONUS], CYCLONUS, case, asked, mine, says)
    other.process.stdin.close()
    for program, count in counts.items():
        for seed, question, theirs in count.differences[:20]:
            print(f"seed {seed}: {program} says {theirs}: {question}")
        print("\n".join(count.lines(program)))
    sys.exit(any(count.differences for count in counts.values()))


if __name__ == "__main__":
    main()
