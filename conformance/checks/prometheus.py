"""promtool of the Prometheus that is deployed: its configuration, its rules, and every query of every dashboard."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from processes import run, words
from report import check
from tools import Tools
from trees import Tree, documents

# What Grafana puts in before it asks. Its interval is a duration, everything else stands inside of quotes or as a number.
DURATIONS = re.compile(r"\$__(rate_)?interval\b|\$\{__(rate_)?interval\}")
VARIABLES = re.compile(r"\$\{[a-zA-Z_]+(?::[a-z]+)?\}|\$[a-zA-Z_]+")


def check_tree(tools: Tools, one: Tree, work: Path) -> None:
    """All that Prometheus will read."""
    for each in [d for path in sorted((one.folder / "addons").glob("*.yaml")) for d in documents(path.read_text()) if d["kind"] == "ConfigMap"]:
        name = each["metadata"]["name"]
        if "prometheus.yml" in each.get("data", {}):
            configuration(tools, one.name, name, each["data"], work / f"{one.name}-{name}")
        queries(tools, f"{one.name}: {name}", list(boards(each.get("data", {}))), work)


def configuration(tools: Tools, tree: str, name: str, files: dict[str, str], folder: Path) -> None:
    """As it is mounted: rule files are beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    for file, text in files.items():
        # `--syntax-only` still looks for files of credentials, which only a pod has; rule files have to be found here.
        (folder / file).write_text(text.replace("/etc/config/", f"{folder}/"))
    done = run([tools.find("promtool"), "check", "config", "--lint=all", "--lint-fatal", "--syntax-only", str(folder / "prometheus.yml")])
    check(f"{tree}: promtool check config {name}", done.returncode == 0, words(done))
    rules = [f for f in files if f != "prometheus.yml" and files[f].strip() not in ("", "{}")]
    for file in rules:
        done = run([tools.find("promtool"), "check", "rules", "--lint=all", str(folder / file)])
        check(f"{tree}: promtool check rules {name}/{file}", done.returncode == 0, words(done))


def boards(files: dict[str, str]) -> Iterator[tuple[str, str]]:
    """The queries of dashboards, with where they stand."""
    for file, text in files.items():
        if file.endswith(".json"):
            yield from expressions(json.loads(text), file)


def expressions(value: Any, at: str) -> Iterator[tuple[str, str]]:
    """Every `expr` to Prometheus: Loki has a language of its own."""
    if isinstance(value, dict):
        source = value.get("datasource")
        if isinstance(source, dict) and source.get("type") == "loki":
            return
        for key, inner in value.items():
            if key == "expr" and isinstance(inner, str):
                yield at, inner
            else:
                yield from expressions(inner, f"{at}/{value.get('title', '')}" if value.get("title") else at)
    elif isinstance(value, list):
        for inner in value:
            yield from expressions(inner, at)


def filled(query: str) -> str:
    """As Grafana would send it."""
    return VARIABLES.sub("x", DURATIONS.sub("5m", query))


def queries(tools: Tools, what: str, found: list[tuple[str, str]], work: Path) -> None:
    """All at once, as rules; each by itself where that fails, so that the wrong one is named."""
    if not found:
        return
    rules = [{"alert": f"q{i}", "expr": filled(query)} for i, (_, query) in enumerate(found)]
    work.mkdir(parents=True, exist_ok=True)
    path = work / "queries.json"
    path.write_text(json.dumps({"groups": [{"name": "queries", "rules": rules}]}))
    done = run([tools.find("promtool"), "check", "rules", "--lint=none", str(path)])
    wrong = [] if done.returncode == 0 else [words(done)]
    for at, query in found if wrong else []:
        one = run([tools.find("promtool"), "promql", "--experimental", "format", filled(query)])
        wrong += [f"{at}: {query}\n{one.stderr.strip()}"] if one.returncode else []
    check(f"{what}: promtool reads all {len(found)} queries", not wrong, "\n".join(wrong[1:] or wrong))
