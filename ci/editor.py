#!/usr/bin/env python3
"""What editors make of the JSON schema: no complaint about a good spec, the right one at the right line about a bad one, and
completion with words to it. Asks PyPI's jsonschema (draft 7) and yaml-language-server, which VS Code, Neovim and others use.

Needs python3, node and npm; what it installs goes to ${XDG_CACHE_HOME:-$HOME/.cache}/meshgen/editor.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import cached

ROOT = pathlib.Path(__file__).resolve().parent.parent
SERVERS = cached.CACHE / "editor"
SERVER = SERVERS / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server"
PACKAGES = ["jsonschema==4.25.1", "PyYAML==6.0.3"]
SERVER_PACKAGE = "yaml-language-server@1.25.0"

# What is written instead of what, in everything.yaml; what is said about it; and, where that is not said in the first
# line that differs, how far below. What is missing is missed at the key, or at the item, that it is missing in.
BROKEN = [
    ("podSecurity: restricted", "podSecurty: restricted", "Property podSecurty is not allowed."),
    ("    replicas: 2", "    replica: 2", "Property replica is not allowed."),
    ("mesh: sidecar", "mesh: sidcar", 'Value is not accepted. Valid values: "sidecar", "ambient", "none".'),
    ("mtls: STRICT", "mtls: strict", 'Value is not accepted. Valid values: "STRICT", "PERMISSIVE", "DISABLE".'),
    ("      http: 8080", "      http: 80800", "Value is above the maximum of 65535."),
    ("        port: 9090", "        port: 0", "Value is below the minimum of 1."),
    ("      http: 8080", "      http--a: 8080", "not a valid port name: use 1 to 15 of a-z, 0-9 and `-`, with at least one letter, no `-` at either end and none doubled"),
    ("  version: 1.31.1", "  version: 1.31", 'Incorrect type. Expected "string".'),
    ("  stripe:", "  Stripe:", "not a valid name: use 1 to 63 of a-z, 0-9 and `-`, with no `-` at either end"),
    ("project: everything", "project: my_shop", "not a valid name: use 1 to 63 of a-z, 0-9 and `-`, with no `-` at either end"),
    ("  shop/cart:\n    image", "  cart:\n    image", "write `namespace/name`, each 1 to 63 of a-z, 0-9 and `-`, with no `-` at either end"),
    ("secret: web/api-token", "secret: hunter2", "this does not name a key of a Secret: write `name/key`"),
    ("cpu: 100m", "cpu: 100 millis", "not an amount: write `250m`, `0.5`, `64Mi` or `2Gi`"),
    ("paths: [/api/*]", "paths: [api]", "not a path: start with `/`, and use `*` at the end only, as in `/charges/*`"),
    ("cidrs: [192.0.2.0/24", "cidrs: [192.0.2.0", "not a block of addresses: write `10.0.0.0/8` or `2001:db8::/32`"),
    ("      - fromCidrs:", "      - from: [shop/web]\n        fromCidrs:", "say one of `from`, `fromNamespaces`, `fromCidrs`", 1),
    ("    existing:\n      kind: StatefulSet", "    image: a/b:1\n    existing:\n      kind: StatefulSet", "say one of `image`, which renders it, `build`, which renders it from an image of our own, and `existing`, which describes what somebody else renders", 1),
    ("    allow: []", "    name: nothing", "say either `allow`, or `spec` with a whole policy", -1),
    ("      - fromNamespaces: [shop]\n        ports", "      - ports", "say one of `from`, `fromNamespaces`, `fromCidrs`"),
    ("\n        is: open", "", "say what the client sees (`is`), or who alone may call (`onlyFrom`, `onlyVia`)", -4),
    ("  kind:\n    networkPolicy: calico", "  existing:\n    networkPolicy: calico\n  kind: {}", "say exactly one of `aks`, `existing`, `kind`", 2),
    ("        hostOf: shop/cart", "        hostOf: shop/cart\n        text: a", "say exactly one of `fromEnv`, `hostOf`, `secret`, `text`", 1),
    ("        ports: [http]", "        ports: []", "Array has too few items. Expected 1 or more."),
]

# The same, where the schema knows the names of the spec.
BROKEN_NAMES = [
    ("      - from: [shop/web]\n  shop/*", "      - from: [shop/wbe]\n  shop/*", 'Value is not accepted. Valid values: "legacy/batch", "shop/cart", "shop/db", "shop/web", "legacy/*", "monitoring/*", "shop/*".'),
    ("fromNamespaces: [shop]", "fromNamespaces: [shp]", 'Value is not accepted. Valid values: "legacy", "monitoring", "shop".'),
    ("        ports: [http]", "        ports: [htp]", 'Value is not accepted. Valid values: "grpc-admin", "http", 8080, 9090, 15020, 15090.'),
    ("        ports: [http]", "        ports: [7070]", 'Value is not accepted. Valid values: "grpc-admin", "http", 8080, 9090, 15020, 15090.'),
    ("        ports: [grpc]", "        ports: [gprc]", 'Value is not accepted. Valid values: "grpc", "grpc-admin", "http", "tcp-postgres", 5432, 7070, 8080, 9090.'),
    ("hostOf: shop/cart", "hostOf: shop/crat", 'Value is not accepted. Valid values: "legacy/batch", "shop/cart", "shop/db", "shop/web".'),
    ("  shop/db:\n    spec", "  shop/bd:\n    spec", 'Value is not accepted. Valid values: "legacy/batch", "shop/cart", "shop/db", "shop/web", "legacy/*", "monitoring/*", "shop/*".'),
]

# Where the cursor `|` stands instead of what; what is offered there, each with a description unless it is a name.
OFFERED = [
    ("layout:\n  apps: deploy/apps", "|", ["layout"]),
    ("  kind:\n    networkPolicy: calico", "  |", ["aks", "existing", "kind"]),
    ("networkPolicy: calico", "networkPolicy: |", ["calico", "cilium", "kindnet", "other", "none"]),
    ("    mesh: sidecar", "    |", ["mesh", "existing", "security"]),
    ("mesh: sidecar", "mesh: |", ["sidecar", "ambient", "none"]),
    ("    replicas: 2", "    |", ["replicas"]),
    ("kind: StatefulSet", "kind: |", ["Deployment", "StatefulSet", "CronJob"]),
    ("      - from: [shop/web]\n  shop/*", "      - |\n  shop/*", ["from", "fromNamespaces", "fromCidrs", "ports", "methods"]),
    ("fromNamespaces: meshed", "fromNamespaces: |", ["meshed", "all"]),
    ("        is: open", "        |", ["is", "via"]),
    ("        is: open", "        is: |", ["open", "timeout", "reset"]),
    ("mtls: STRICT", "mtls: |", ["STRICT", "PERMISSIVE", "DISABLE"]),
]
OFFERED_NAMES = [
    ("      - from: [shop/web]\n  shop/*", "      - from: [|]\n  shop/*", ["shop/cart", "shop/db", "shop/web", "shop/*"]),
    ("      - from: [shop/web]\n  shop/*", "      - from:\n          - |\n  shop/*", ["shop/cart", "shop/db", "shop/web", "shop/*"]),
    ("        ports: [http]", "        ports: [|]", ["http", "grpc-admin", "8080", "9090"]),
    ("        ports: [grpc]", "        ports: [|]", ["grpc", "tcp-postgres", "7070"]),
    ("hostOf: shop/cart", "hostOf: |", ["shop/cart", "shop/db"]),
    ("fromNamespaces: [shop]", "fromNamespaces: [|]", ["shop", "legacy"]),
    ("  shop/*:\n    allow: []\n", "  |\n", ["shop/*", "legacy/batch"]),
]
SHOWN = [
    ("podSecurity: restricted", "pod|Security: restricted", "The level of the Pod Security Standards that is enforced in it."),
    ("deny: [ingress", "de|ny: [ingress", "Directions in which everything is refused that nothing permits."),
]


def install():
    """The environment in which this has to run."""
    if not SERVER.exists():
        subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", SERVERS, SERVER_PACKAGE], check=True)
    return cached.environment("editor", PACKAGES)


def schema(*spec):
    command = ["cargo", "run", "-q", "-p", "meshgen-spec", "--example", "schema", "--", *map(str, spec)]
    return json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)


def changed(text, old, new):
    """The text with one change, and the line where what is new differs from what was there."""
    assert text.count(old) == 1, f"{old!r} is there {text.count(old)} times"
    start = text.index(old)
    same = len(os.path.commonprefix([old, new]))
    return text.replace(old, new), text.count("\n", 0, start + same) + 1


class Check:
    def __init__(self):
        self.count, self.failed = 0, []

    def that(self, holds, what):
        self.count += 1
        if not holds:
            self.failed.append(what)


def by_jsonschema(check, specs, everything, whole, closed):
    import jsonschema
    import yaml

    class Loader(yaml.SafeLoader):
        """YAML 1.2 as far as it matters: dates and `on` are text."""

    Loader.yaml_implicit_resolvers = {
        key: [(tag, pattern) for tag, pattern in found if not tag.endswith(("timestamp", "bool"))]
        for key, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(true|false)$"), list("tf"))
    for one in [whole, closed]:
        jsonschema.Draft7Validator.check_schema(one)
    validator = jsonschema.Draft7Validator(whole)
    for name, text in specs.items():
        errors = [e.message for e in validator.iter_errors(yaml.load(text, Loader))]
        check.that(not errors, f"jsonschema: {name}: {errors}")
    for one, cases in [(whole, BROKEN), (closed, BROKEN + BROKEN_NAMES)]:
        validator = jsonschema.Draft7Validator(one)
        for old, new, *_ in cases:
            valid = validator.is_valid(yaml.load(changed(everything, old, new)[0], Loader))
            check.that(not valid, f"jsonschema: takes {new!r}")


def by_server(check, server, specs, everything, names):
    for name, text in specs.items():
        _, found = server.open(text)
        check.that(not found, f"editor: {name}: {found}")
    for old, new, message, *below in BROKEN + (BROKEN_NAMES if names else []):
        text, line = changed(everything, old, new)
        expected = [(line + sum(below), message)]
        _, found = server.open(text)
        check.that(found == expected, f"editor: {new!r} gives {found} and not {expected}")
    for old, new, labels in OFFERED + (OFFERED_NAMES if names else []):
        offered = server.complete(changed(everything, old, new)[0])
        for label in labels:
            check.that(label in offered, f"editor: {label!r} is not offered at {new!r}: {sorted(offered)}")
        if (old, new, labels) in OFFERED:
            silent = [label for label in labels if not offered.get(label)]
            check.that(not silent, f"editor: nothing is said of {silent} at {new!r}")
    for old, new, words in SHOWN:
        shown = server.hover(changed(everything, old, new)[0])
        check.that(words in shown, f"editor: {words!r} is not shown at {new!r}: {shown!r}")


def main():
    from lsp import Server

    everything_file = ROOT / "ci" / "editor" / "everything.yaml"
    everything = everything_file.read_text()
    # Each is a spec that the reader takes, and whose own closed schema takes it.
    files = [*sorted(ROOT.glob("examples/*/meshgen.yaml")), *sorted(ROOT.glob("ci/editor/*.yaml"))]
    specs = {str(f.relative_to(ROOT)): f.read_text() for f in files}
    # In the folder of the schema, whichever an example names.
    line = re.compile(r"^# yaml-language-server:.*\n", re.M)
    header = "# yaml-language-server: $schema=./meshgen.schema.json\n"
    specs = {name: header + line.sub("", text) for name, text in specs.items()}
    whole, closed = schema(), schema(everything_file)
    check = Check()
    by_jsonschema(check, specs, everything, whole, closed)
    closed_over = {name: schema(file) for name, file in zip(specs, files)}
    for names, one in [(False, whole), (True, closed)]:
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "meshgen.schema.json").write_text(json.dumps(one))
            server = Server(["node", str(SERVER), "--stdio"], folder)
            by_server(check, server, {} if names else specs, everything, names)
            server.close()
    for name, one in closed_over.items():
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "meshgen.schema.json").write_text(json.dumps(one))
            server = Server(["node", str(SERVER), "--stdio"], folder)
            _, found = server.open(specs[name])
            check.that(not found, f"editor: {name}, closed: {found}")
            server.close()
    print(*check.failed, f"{check.count} checks of the schema, {len(check.failed)} failed", sep="\n")
    return 1 if check.failed else 0


if __name__ == "__main__":
    home = install()
    if pathlib.Path(sys.prefix) != home:
        os.execv(cached.python(home), [str(cached.python(home)), __file__])
    sys.exit(main())
