"""Text that YAML, shells and templates like to misread goes through kubectl into the API server, and comes back the same."""

from __future__ import annotations

import json
from pathlib import Path

from cluster import Cluster
from processes import words
from report import check
from trees import render

STRINGS = [
    *("", " ", "  leading", "trailing ", "~", "null", "Null", "true", "yes", "No", "on", "off", "y", "N"),
    *("1", "1.0", "1e3", "0x1f", "0o7", "007", "1_000", "12:30:45", ".inf", "-.INF", ".nan", "2026-11-24", "2001-12-14t21:59:43.10-05:00"),
    *("-", "- a", "? a", ": a", "a: b", "a:", "a #b", "#a", "{a}", "[a]", "{{ .Values.x }}", "${HOME}", "$(X)x", "`id`", "$(id)"),
    *("'", '"', "''", '\\"', "\\", "\\n", "%d", "@a", "!tag", "&a", "*a", "|", ">", "---", "...", "<<", "="),
    *("a\nb", "a\n", "\na", "a\n\n", " a\n b", "a\tb", "\ta", "a\r\nb", "a\rb", "x" * 5000, "ü", "日本", "😀", "a\u00a0b", "\u2028", "\ufeff", "a\u0085b", "\u200b"),
]
# What a tool loses, and why: a server-side apply is sent as JSON, read as YAML, and there a bare next-line character inside of quotes is a line
# break, which is folded into a space. meshgen writes it as `\x85`, and other ways of applying keep it.
LOST = {"a\u0085b": "a b"}


def expected(text: str) -> str:
    """How a string is to come back. A dollar before a bracket is Kubernetes' own syntax, which is written twice to mean itself."""
    return LOST.get(text, text.replace("$(", "$$("))


def strings(cluster: Cluster, work: Path, meshgen: Path) -> None:
    """As variables of a container: they are text that a user chooses freely."""
    variables = {f"S{i:03}": text for i, text in enumerate(STRINGS)}
    workload = {"image": "docker.io/library/busybox:1.37.0", "env": variables, "args": [s for s in STRINGS if s.strip()]}
    spec = {
        "meshgen": "v1",
        "project": "hostile",
        "cluster": {"existing": {"networkPolicy": "calico"}},
        "namespaces": {"hostile": {}},
        "workloads": {"hostile/echo": workload},
    }
    path = work / "hostile.yaml"
    path.write_text(json.dumps(spec))
    tree = render("hostile", [path], work / "trees", meshgen)
    done = cluster.kubectl("apply", "--server-side", "--validate=strict", "--filename", "-", text=tree.stream())
    if check(f"hostile: kubectl takes {len(STRINGS)} strings", done.returncode == 0, words(done)):
        container = cluster.items("deployment", "echo", "--namespace", "hostile")[0]["spec"]["template"]["spec"]["containers"][0]
        stored = {e["name"]: e.get("value", "") for e in container["env"]}
        wrong = [f"{s!r} came back as {stored.get(n)!r}" for n, s in variables.items() if stored.get(n) != expected(s)]
        check("hostile: they come back the same, as variables", not wrong, "\n".join(wrong))
        args = [s for s in STRINGS if s.strip()]
        wrong = [f"{a!r} came back as {b!r}" for a, b in zip(args, container["args"], strict=True) if b != expected(a)]
        check("hostile: and as arguments", not wrong, "\n".join(wrong))
    cluster.gone("hostile")
