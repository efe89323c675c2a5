"""Strings that would break out of a place, in every text of a context: refused, or the same string at the end."""

from __future__ import annotations

import copy
import itertools
import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import settings
import world
from markdown_it import MarkdownIt
from report import check

STRINGS = [
    "",
    " ",
    "'",
    '"',
    "it's \"so\" 'quoted'",
    "$(touch PWNED)",
    "`touch PWNED`",
    "${HOME}",
    "$HOME",
    "; touch PWNED;",
    "&& touch PWNED",
    "| touch PWNED",
    "> PWNED",
    "\ntouch PWNED\n",
    "\r\ntouch PWNED\r\n",
    "a\n---\nb: c\n",
    "\t",
    "\x85touch PWNED",
    "\u2028touch PWNED",
    "\u202egnp",
    "{{ 7*7 }}",
    "{% raw %}",
    "{# x #}",
    "🚀 naïve ☃",
    "\\",
    "\\n",
    "%s%n",
    "#x",
    "!x",
    "*",
    "~",
    "-rf",
    "--help",
    "$(shell touch PWNED)",
    "\nRUN touch PWNED\n",
    "](http://x) <script>",
    "| a | b |",
    "EOF\ntouch PWNED",
]
# What can stand bare anywhere: nothing here is more than itself to a shell, make, Docker or Markdown in backticks.
BARE = re.compile(r"(?!-)[A-Za-z0-9_./:@+%=~?-]*")
# Where these checks see any text arrive. Everything else must be of the bare alphabet, or refused.
ARRIVING = {"env[].value", "tests[].title", "cluster.context", "tests[].claims[].probe.path", "traffic.http_path"}


def full(name: str) -> dict:
    """A context in which nothing is left out."""
    value = world.context(name)
    cluster = value["cluster"]
    if name == "aks":
        cluster |= {"vm_size": "Standard_D4s_v5", "network_plugin_mode": "overlay", "network_dataplane": "azure"}
        value["istio"]["revision"] = "canary"
        value["releases"][0]["namespace"] = "dgraph"
    if name == "kind":
        cluster["node_image"] = "docker.io/kindest/node:v1.36.0"
        cluster["calico"]["manifests"][0]["sha256"] = "0" * 64
        cluster["calico"]["manifests"].append({"from": "file", "file": "cluster/x.yaml"})
    if name == "existing":
        cluster |= {"context": "shop", "registry": "ghcr.io/acme"}
        value["env"] = [{"name": "SHOP", "value": "x"}]
    return value


def leaves(value: object, path: tuple = ()) -> Iterator[tuple]:
    """The places of all texts."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from leaves(inner, (*path, at))
    elif isinstance(value, str):
        yield path


def pattern(path: tuple) -> str:
    """A place without its numbers."""
    return "".join("[]" if isinstance(p, int) else f".{p}" for p in path).removeprefix(".")


def put(value: dict, path: tuple, text: str) -> dict:
    """The context with another text there."""
    new = copy.deepcopy(value)
    inner = new
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = text
    return new


def get(value: dict, path: tuple) -> str:
    """The text there."""
    for key in path:
        value = value[key]
    return str(value)


def run(_home: Path) -> None:
    """Every place, with a few of the strings (crates/scripts tries all of them); then every string, where any may arrive."""
    few = ["$(touch PWNED)", "'\n`touch PWNED`\n'", "{{ 7*7 }}"]
    places: dict[str, tuple[str, tuple]] = {}
    for name in world.CONTEXTS:
        for path in leaves(full(name)):
            places.setdefault(pattern(path), (name, path))
    with ThreadPoolExecutor(6) as pool:
        accepted = set(itertools.chain.from_iterable(pool.map(lambda item: refuses(*item, few), places.items())))
    check(f"{len(places)} places: hostile text is refused, or is where it is seen to arrive", accepted <= ARRIVING, accepted - ARRIVING)
    with ThreadPoolExecutor(4) as pool:
        for job in [pool.submit(f) for f in (values, titles, contexts, paths)]:
            job.result()


def refuses(place: str, where: tuple[str, tuple], strings: list[str]) -> set[str]:
    """The place, if it took one of them."""
    name, path = where
    value = full(name)
    for text in strings:
        for new in (text, get(value, path) + text):
            if BARE.fullmatch(new):
                continue
            _, done = world.render(put(value, path, new))
            if done.returncode == 0:
                return {place}
            if done.returncode != 1 or "panicked" in done.stderr:
                check(f"{place}: {new!r} is refused with a word", False, done.stderr)
    return set()


def values() -> None:
    """Values of the environment: every string, in every shell."""
    value = full("existing")
    wanted = {f"HOSTILE_{n}": text for n, text in enumerate(STRINGS)}
    value["env"] = [{"name": k, "value": v} for k, v in wanted.items()]
    tree, done = world.render(value)
    check("values of the environment may be any text", done.returncode == 0, done.stderr)
    for shell in settings.available():
        settings.holds(f"{shell}: {len(wanted)} hostile values come back equal", settings.sourced(shell, tree), wanted)
    # The whole way: to a child of a script.
    one = world.World([])
    keys = json.dumps(sorted(wanted))
    dump = f"import json, os; print(json.dumps({{k: os.environ[k] for k in {keys}}}))"
    done = one.run(tree, "bash", "-c", '. scripts/lib.sh; python3 -c "$DUMP"', DUMP=dump)
    check("a script's children get them equal", done.returncode == 0 and json.loads(done.stdout) == wanted, done.stderr)
    harmless("values", tree, one)


def titles() -> None:
    """Titles: a comment of TAP and a cell of the README."""
    seen, refused = [], []
    markdown = MarkdownIt("commonmark").enable("table")
    for text in [*STRINGS, *(f"a {t} b" for t in STRINGS), "x | y \\| z", "`a` *b* _c_ [d](e) <f> &amp; # g", "1. a", "http://x.y"]:
        value = full("aks")
        value["tests"][2]["title"] = text
        tree, done = world.render(value)
        if done.returncode:
            refused.append(text)
            continue
        one = world.World([])
        # The same text between others is only looked for in the README.
        said = f"# {text}" if text.startswith("a ") else one.run(tree, "scripts/test_2.sh").stdout.split("\n")[0]
        cells = [t for t in markdown.parse((tree / "README.md").read_text()) if t.type == "inline"]
        shown = ["".join(c.content for c in cell.children or []) for cell in cells]
        good = (
            said == f"# {text}"
            and text in shown
            and all(
                c.type in ("text", "text_special") for cell in cells for c in cell.children or [] if "".join(x.content for x in cell.children or []) == text
            )
        )
        if not good:
            seen.append((text, said))
        harmless("titles", tree, one)
    check(f"titles: {len(refused)} are refused, all others are the same in TAP and in the README", not seen and refused, seen)
    check(
        "titles: what is refused has a line break, a control character or blanks at its ends",
        all(t.strip() != t or not t or any(ord(c) < 32 or c in "\x85\u2028\u202e" for c in t) for t in refused),
        refused,
    )


def contexts() -> None:
    """The context of kubectl: one argument, as it is."""
    wrong = []
    for text in [t for t in STRINGS if t.strip() == t and t]:
        value = full("existing")
        value["cluster"]["context"] = text
        tree, done = world.render(value)
        if done.returncode:
            continue
        one = world.World([])
        one.run(tree, "scripts/addresses.sh")
        calls = one.calls()
        if not calls or any(c[1:3] != ["--context", text] for c in calls):
            wrong.append((text, calls))
        harmless("contexts", tree, one)
    check("contexts: every call of kubectl gets it as one argument", not wrong, wrong)


def paths() -> None:
    """Paths of URLs: one argument of curl in the container, as it is."""
    wrong, arrived = [], 0
    for text in ["/a'b", "/$(touch%20PWNED)", "/a;touch,PWNED", "/a&b=c?d", "/!*", "/a//../b", "/%27", *("/" + t for t in STRINGS)]:
        value = full("aks")
        value["tests"][0]["claims"] = [c for c in value["tests"][0]["claims"] if c["probe"]["protocol"] == "http"][:1]
        value["tests"][0]["claims"][0]["probe"]["path"] = text
        value["traffic"] |= {"http_path": text, "dgraph": False, "prometheus": None, "kiali": None}
        tree, done = world.render(value)
        if done.returncode:
            continue
        one = world.World([])
        one.run(tree, "scripts/test_0.sh")
        one.run(tree, "scripts/traffic.sh", "1")
        urls = [word for call in one.calls() for word in call if word.startswith("http://")]
        arrived += 1
        if urls != [f"http://demo-dgraph-alpha.dgraph.svc.cluster.local:8080{text}"] * 2:
            wrong.append((text, urls))
        harmless("paths", tree, one)
    check(f"paths: {arrived} hostile ones arrive as one argument of curl", arrived >= 7 and not wrong, wrong)


def harmless(what: str, tree: Path, one: world.World) -> None:
    """Whether nothing was run that must not be."""
    found = [p for folder in (tree, one.home, one.state, one.bin) for p in folder.rglob("PWNED*")]
    if found:
        check(f"{what}: nothing is run", False, found)
