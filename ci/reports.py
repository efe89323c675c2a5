#!/usr/bin/env python3
"""Holds what reach, explain, verify, compare and lint print as JSON against the published schema of reports.

usage: with_packages.py reports.py PATH_OF_MESHGEN

Asked of every example, of what docs/reach.md shows, of the cases of the findings, and of input with errors. Exits with 1
when a report is refused, when one is taken to which a field was added, or when the schema has a field, of a type, that no
report had.
"""

import copy
import json
import pathlib
import subprocess
import sys

import jsonschema

EXAMPLES = sorted(pathlib.Path("examples").glob("*/meshgen.yaml"))
AWKWARD = [pathlib.Path("ci/reports/awkward.yaml")]
SHOWN = sorted(path for path in pathlib.Path("docs/reach").glob("*.yaml") if path.name != "claims.yaml")
CASES = sorted(pathlib.Path("crates/findings/tests/cases").glob("MG*/*.yaml"))
REFUSED = sorted(pathlib.Path("crates/meshgen/tests/refused").glob("*.yaml"))
# A spec with errors, a file that is not there, what is no YAML, and claims where manifests are awaited.
BROKEN = [pathlib.Path(path) for path in ["docs/broken.yaml", "docs/none.yaml", "README.md", "docs/reach/claims.yaml"]]

# Explained of each input are the pairs of its list; of the largest lists, the first few.
PAIRS = 6


def commands(path, pairs):
    """What is asked of one input."""
    yield ["reach", "-f", path, "--exposure"]
    yield ["lint", "-f", path]
    yield ["verify", "-f", path]
    if path in SHOWN:
        yield ["verify", "-f", path, "--expect", "docs/reach/claims.yaml"]
        yield from (["compare", path, other] for other in SHOWN)
    for source, destination in pairs:
        yield ["explain", source, destination, "-f", path]


def main(meshgen):
    def run(words):
        words = [meshgen, *map(str, words), "--output-format", "json"]
        return json.loads(subprocess.run(words, capture_output=True, text=True).stdout)

    whole = json.loads(pathlib.Path("docs/reports.schema.json").read_text())
    schemas = {"report": validator(whole)}
    counts, refused, seen, taken = {}, [], set(), Taken(whole)

    def check(words):
        report = run(words)
        kind = report["kind"]
        if kind != words[0]:
            refused.append(f"{words}: it says that it is of {kind}")
        if kind not in schemas:
            schemas[kind] = validator(run(["schema", "--of", kind])["result"])
        for name in (kind, "report"):
            refused.extend(f"{words}: {e.json_path}: {e.message}" for e in schemas[name].iter_errors(report))
        counts.setdefault(kind, []).append(report["exitCode"])
        seen.update(taken.fields(whole, report))
        return report

    for path in [*EXAMPLES, *SHOWN, *AWKWARD, *BROKEN]:
        for words in commands(path, pairs(check(["reach", "--pairs", "-f", path]))):
            check(words)
    for path in CASES:
        for words in commands(path, []):
            check(words)
    for path in REFUSED:
        check(["reach", "-f", path])
    for old, new in zip(EXAMPLES, EXAMPLES[1:]):
        check(["compare", old, new])
    for old, new in [(SHOWN[0], AWKWARD[0]), (AWKWARD[0], SHOWN[0]), BROKEN[:2]]:
        check(["compare", old, new])
    check(["explain", "shop/web", "shop/cart:8080", "-f", "docs/reach/mesh.yaml"])
    check(["explain", "front/gateway", "plain/site:8080", "-f", *AWKWARD])
    check(["explain", "MG001"])
    check(["explain", "MG999"])

    for words in (["reach", "-f", "docs/reach/mesh.yaml"], ["lint", "-f", EXAMPLES[0]], ["compare", *SHOWN[:2]]):
        refused.extend(open_places(schemas[words[0]], run(words), words))
    for kind, codes in counts.items():
        print(f"{kind}: {len(codes)} reports; exit codes {', '.join(f'{c}: {codes.count(c)}' for c in sorted(set(codes)))}")
    for line in refused:
        print(line)
    unseen = sorted(f"{name}.{field}" for name, field in taken.all() - seen)
    print(f"{len(refused)} refused; fields that no report had: {', '.join(unseen) or 'none'}")
    return 1 if refused or unseen or len(counts) < 5 else 0


def validator(schema):
    kind = jsonschema.validators.validator_for(schema)
    kind.check_schema(schema)
    return kind(schema)


def pairs(report):
    """Ends of lines that can be named again, and somebody outside."""
    told = report.get("result", {}).get("list", {})
    lines = [*told.get("refused", [])[:PAIRS], *told.get("lines", [])[:PAIRS]]
    ends = [(line["from"][0], line["to"][0]) for line in lines]
    named = [(a.split("[")[0], b.split("[")[0]) for a, b in ends if a.endswith("]") and b.endswith("]")]
    return [*named, *((a, "192.0.2.1") for a, _ in named[:1])]


class Taken:
    """Which fields of which definitions of a schema values have."""

    def __init__(self, whole):
        self.definitions = whole["definitions"]
        self.validators = {}

    def all(self):
        return {(name, field) for name, one in self.definitions.items() for field in self.properties(one)}

    def properties(self, schema):
        """Those of a definition itself, or of its alternatives."""
        inner = [field for one in schema.get("anyOf", []) + schema.get("oneOf", []) for field in self.properties(one)]
        return [*schema.get("properties", {}), *inner]

    def fields(self, schema, value, of=None):
        """The fields that a value has, by the definition that they are in."""
        if "$ref" in schema:
            of = schema["$ref"].rpartition("/")[2]
            yield from self.fields(self.definitions[of], value, of)
        for one in schema.get("allOf", []):
            yield from self.fields(one, value, of)
        for one in schema.get("anyOf", []) + schema.get("oneOf", []):
            if self.takes(one, value):
                yield from self.fields(one, value, of)
        if isinstance(value, dict):
            for name in value.keys() & schema.get("properties", {}).keys():
                yield of, name
                yield from self.fields(schema["properties"][name], value[name], of)
        for item in value if isinstance(value, list) and "items" in schema else []:
            yield from self.fields(schema["items"], item, of)

    def takes(self, schema, value):
        key = json.dumps(schema)
        if key not in self.validators:
            self.validators[key] = validator({**schema, "definitions": self.definitions})
        return self.validators[key].is_valid(value)


def open_places(schema, report, words):
    """Objects to which a field can be added without the schema noticing."""
    for path in objects(report):
        changed = copy.deepcopy(report)
        place = changed
        for step in path:
            place = place[step]
        place["surprise"] = 1
        if schema.is_valid(changed):
            yield f"{words}: a field more is not noticed at {path}"


def objects(value, path=()):
    if isinstance(value, dict):
        yield path
        for name, inner in value.items():
            yield from objects(inner, (*path, name))
    elif isinstance(value, list):
        for n, inner in enumerate(value):
            yield from objects(inner, (*path, n))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
