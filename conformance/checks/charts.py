"""helm and helmfile: every state file that is rendered, against chart repositories of our own."""

from __future__ import annotations

from pathlib import Path

from processes import Done, run, words
from report import check, skip
from tools import Tools
from trees import Tree

# What a state file may ask the environment for: the registry that the scripts find out.
ENVIRONMENT = {"REGISTRY": "registry.example.com", "AZ_ACR_LOGIN_SERVER": "registry.example.com"}


def charts(tools: Tools, one: Tree) -> None:
    """The small charts that are rendered."""
    for path in sorted(one.folder.rglob("Chart.yaml")):
        where = path.parent.relative_to(one.folder)
        done = run([tools.find("helm"), "lint", "--strict", "--quiet", "--set", "image=registry.example.com/x:1", str(path.parent)])
        check(f"{one.name}: helm lint {where}", done.returncode == 0, words(done))


def offline(tools: Tools, one: Tree, env: dict[str, str]) -> None:
    """What a state file says without a cluster."""
    for path in one.helmfiles():
        where = path.relative_to(one.folder)
        for command in ("build", "lint", "template"):
            done = helmfile(tools, path, command, env=env)
            # Istio's own configuration has templates in it, which istiod fills in.
            left = "" if path.parent.name == "istio" else literal(done)
            check(f"{one.name}: helmfile {command} {where}", done.returncode == 0 and not left, f"{left}\n{words(done)}")


def online(tools: Tools, one: Tree, env: dict[str, str]) -> None:
    """Into the cluster, again, and out of it. What installs Istio needs an istiod, and comes with the article."""
    if "helmfile" in tools.missing:
        return
    for path in [p for p in one.helmfiles() if p.parent.name != "istio"]:
        where = path.relative_to(one.folder)
        for command in (["sync", "--wait"], ["sync", "--wait"], ["destroy"]):
            done = helmfile(tools, path, *command, env=env)
            check(f"{one.name}: helmfile {' '.join(command)} {where}", done.returncode == 0, words(done))


def literal(done: Done) -> str:
    """A template that nobody rendered, in what would be shipped."""
    return "\n".join(line for line in done.stdout.splitlines() if "{{" in line and "}}" in line and "legendFormat" not in line)


def helmfile(tools: Tools, path: Path, *arguments: str, env: dict[str, str]) -> Done:
    """Runs it beside the state file, as a person would."""
    command = [tools.find("helmfile"), "--file", path.name, *arguments]
    return run(command, cwd=path.parent, env={**ENVIRONMENT, "PATH": tools.path(), **env}, seconds=180)


def all_of(tools: Tools, trees: list[Tree], env: dict[str, str]) -> None:
    """Every tree."""
    for one in trees:
        charts(tools, one)
        if "helmfile" in tools.missing:
            for path in one.helmfiles():
                skip(f"{one.name}: helmfile {path.relative_to(one.folder)}", tools.missing["helmfile"])
        else:
            offline(tools, one, env)
