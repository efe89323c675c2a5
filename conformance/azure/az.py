"""A cloud that is one file: an `az` that knows the real one's options, keeps what it was told to make, and answers in Azure's shapes.

It reads parameters.json, which was taken from az's own parser; `--query` and `--output tsv` are what az does with the same answers.
    AZ_STATE   the file
    AZ_FAIL    a command, such as `aks create`, that fails as if Azure had no room
    AZ_KUBECONFIG  the credentials that `aks get-credentials` hands out
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import jmespath  # type: ignore[import-untyped]

State = dict[str, dict[str, dict[str, Any]]]
Answer = Any


def main() -> int:
    """One call."""
    command, rest = split(sys.argv[1:])
    asked = parser(command).parse_args(rest)
    if os.environ.get("AZ_FAIL") == command:
        fail(1, "(OverconstrainedZonalAllocationRequest) Allocation failed.")
    path = Path(os.environ["AZ_STATE"])
    state: State = json.loads(path.read_text()) if path.exists() else {"group": {}, "acr": {}, "aks": {}}
    answer = COMMANDS[command](state, asked)
    path.write_text(json.dumps(state, indent=1))
    show(answer, asked)
    return 0


def table() -> dict[str, list[dict[str, Any]]]:
    """What az knows."""
    known: dict[str, list[dict[str, Any]]] = json.loads(Path(__file__).with_name("parameters.json").read_text())["commands"]
    return known


def split(words: list[str]) -> tuple[str, list[str]]:
    """The command and its options."""
    for length in (3, 2):
        command = " ".join(words[:length])
        if command in table():
            return command, words[length:]
    fail(2, f"'{' '.join(words[:2])}' is misspelled or not recognized by the system.")


def parser(command: str) -> argparse.ArgumentParser:
    """Refuses what az refuses, and no more."""
    made = argparse.ArgumentParser(prog=f"az {command}", add_help=False, allow_abbrev=False)
    for option in table()[command]:
        settings: dict[str, Any] = {"dest": option["name"]}
        if not option["flags"]:
            made.add_argument(option["name"], nargs=option.get("nargs"))
            continue
        settings["required"] = option.get("required", False)
        if option.get("action") == "store_true":
            settings["action"] = "store_true"
        else:
            settings |= {k: option[k] for k in ("nargs", "choices", "action") if k in option}
        made.add_argument(*option["flags"], **settings)
    return made


def show(answer: Answer, asked: argparse.Namespace) -> None:
    """As az prints it."""
    how = getattr(asked, "_output_format", None) or "json"
    query = getattr(asked, "_jmespath_query", None)
    value = jmespath.search(query, answer) if query else answer
    if how == "none" or value is None:
        return
    if how == "tsv":
        rows = value if isinstance(value, list) else [value]
        for row in rows:
            print("\t".join(map(cell, row)) if isinstance(row, list) else cell(row))
    else:
        print(json.dumps(value, indent=2))


def cell(value: Any) -> str:
    """One value of a row."""
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)


def fail(code: int, text: str) -> NoReturn:
    """az's exit codes: 1 a server's error, 2 a wrong command line, 3 not found."""
    print(f"ERROR: {text}", file=sys.stderr)
    sys.exit(code)


def there(state: State, kind: str, name: str, group: str | None = None) -> dict[str, Any]:
    """Something that was made, or az's complaint."""
    found = state[kind].get(name)
    if found is None or (group and found.get("resourceGroup", group) != group):
        fail(3, f"(ResourceNotFound) The resource '{kind}/{name}' was not found.")
    return found


def group_create(state: State, asked: argparse.Namespace) -> Answer:
    """Twice is the same as once, as in Azure."""
    tags = dict(t.partition("=")[::2] for t in asked.tags or [])
    state["group"][asked.rg_name] = {"name": asked.rg_name, "location": asked.location, "tags": tags}
    return state["group"][asked.rg_name]


def group_delete(state: State, asked: argparse.Namespace) -> Answer:
    """With all that is in it. Without `--yes` there is nobody to ask."""
    if not asked.yes:
        fail(1, "Unable to prompt for confirmation as no tty available. Use --yes.")
    name = there(state, "group", asked.resource_group_name)["name"]
    for kind in ("acr", "aks"):
        state[kind] = {k: v for k, v in state[kind].items() if v["resourceGroup"] != name}
    del state["group"][name]


def acr_create(state: State, asked: argparse.Namespace) -> Answer:
    """A registry; its name is a host name."""
    there(state, "group", asked.resource_group_name)
    name = asked.registry_name
    if name in state["acr"]:
        fail(1, f"(AlreadyInUse) The registry DNS name {name}.azurecr.io is already in use.")
    state["acr"][name] = {"name": name, "resourceGroup": asked.resource_group_name, "loginServer": f"{name}.azurecr.io", "sku": asked.sku, "images": []}
    return state["acr"][name]


def acr_build(state: State, asked: argparse.Namespace) -> Answer:
    """Needs a Dockerfile where it is told."""
    registry = there(state, "acr", asked.registry_name)
    if not (Path(asked.source_location) / "Dockerfile").is_file():
        fail(1, "Unable to find 'Dockerfile'.")
    registry["images"] = sorted({*registry["images"], *asked.image_names})


def acr_delete(state: State, asked: argparse.Namespace) -> Answer:
    """By name."""
    del state["acr"][there(state, "acr", asked.registry_name)["name"]]


def aks_create(state: State, asked: argparse.Namespace) -> Answer:
    """What the server checks: the group, the registry, and that it is new."""
    there(state, "group", asked.resource_group_name)
    if asked.attach_acr:
        there(state, "acr", asked.attach_acr)
    if asked.name in state["aks"]:
        fail(1, f"The cluster '{asked.name}' already exists.")
    network = {"networkPlugin": asked.network_plugin, "networkPolicy": asked.network_policy}
    state["aks"][asked.name] = {
        "name": asked.name,
        "resourceGroup": asked.resource_group_name,
        "provisioningState": "Succeeded",
        "kubernetesVersion": asked.kubernetes_version,
        "networkProfile": network,
        "serviceMeshProfile": None,
        "zones": asked.zones,
    }
    return state["aks"][asked.name]


def aks_delete(state: State, asked: argparse.Namespace) -> Answer:
    """By name."""
    del state["aks"][there(state, "aks", asked.name, asked.resource_group_name)["name"]]


def aks_credentials(state: State, asked: argparse.Namespace) -> Answer:
    """A file that kubectl reads, under the context that was asked for."""
    there(state, "aks", asked.name, asked.resource_group_name)
    config = json.loads(Path(os.environ["AZ_KUBECONFIG"]).read_text())
    user = f"clusterUser_{asked.resource_group_name}_{asked.name}"
    config["clusters"][0]["name"] = config["current-context"] = asked.context_name or asked.name
    config["users"][0]["name"] = user
    config["contexts"] = [{"name": config["current-context"], "context": {"cluster": config["current-context"], "user": user}}]
    Path(asked.path).write_text(json.dumps(config))
    print(f'Merged "{config["current-context"]}" as current context in {asked.path}')


def aks_mesh(state: State, asked: argparse.Namespace) -> Answer:
    """The add-on refuses a cluster that has it."""
    cluster = there(state, "aks", asked.name, asked.resource_group_name)
    if cluster["serviceMeshProfile"]:
        fail(1, "Istio has already been enabled for this cluster.")
    cluster["serviceMeshProfile"] = {"mode": "Istio", "istio": {"revisions": [asked.revision]}}


def versions(_state: State, _asked: argparse.Namespace) -> Answer:
    """Minor versions, each with its patches."""
    return {"values": [{"version": v, "patchVersions": {f"{v}.2": {"upgrades": []}}, "isPreview": None} for v in ("1.34", "1.35", "1.36")]}


def listed(kind: str, asked: argparse.Namespace, state: State) -> Answer:
    """Those of a group."""
    return [v for v in state[kind].values() if asked.resource_group_name in (None, v["resourceGroup"])]


COMMANDS: dict[str, Callable[[State, argparse.Namespace], Answer]] = {
    "group create": group_create,
    "group delete": group_delete,
    "group exists": lambda state, asked: asked.resource_group_name in state["group"],
    "group show": lambda state, asked: there(state, "group", asked.resource_group_name),
    "acr create": acr_create,
    "acr build": acr_build,
    "acr delete": acr_delete,
    "acr check-name": lambda state, asked: {"nameAvailable": asked.registry_name not in state["acr"]},
    "acr list": lambda state, asked: listed("acr", asked, state),
    "acr login": lambda state, asked: there(state, "acr", asked.registry_name) and None,
    "acr show": lambda state, asked: there(state, "acr", asked.registry_name, asked.resource_group_name),
    "aks create": aks_create,
    "aks delete": aks_delete,
    "aks get-credentials": aks_credentials,
    "aks get-versions": versions,
    "aks list": lambda state, asked: listed("aks", asked, state),
    "aks mesh enable": aks_mesh,
    "aks show": lambda state, asked: there(state, "aks", asked.name, asked.resource_group_name),
    "aks wait": lambda state, asked: there(state, "aks", asked.resource_name, asked.resource_group_name) and None,
}


if __name__ == "__main__":
    sys.exit(main())
