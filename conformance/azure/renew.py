"""Writes parameters.json anew: what az's own parser knows of the commands that our scripts call.

    python -m venv /tmp/az && /tmp/az/bin/pip install azure-cli==2.91.0      (some 700 MB)
    /tmp/az/bin/python conformance/azure/renew.py

No network and no login is needed: the parser is built, and never asked to run anything.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from azure.cli.core import __version__, get_default_cli  # type: ignore[import-not-found]

COMMANDS = [
    "acr build",
    "acr check-name",
    "acr create",
    "acr delete",
    "acr list",
    "acr login",
    "acr show",
    "aks create",
    "aks delete",
    "aks get-credentials",
    "aks get-versions",
    "aks list",
    "aks mesh enable",
    "aks show",
    "aks wait",
    "group create",
    "group delete",
    "group exists",
    "group show",
]
# argparse's own names of what it does with an option.
ACTIONS = {"_StoreTrueAction": "store_true", "_StoreConstAction": "store_true", "_AppendAction": "append"}


def main() -> None:
    """One entry a command, in one file."""
    table = {command: options(command) for command in COMMANDS}
    path = Path(__file__).with_name("parameters.json")
    path.write_text(json.dumps({"azure-cli": __version__, "commands": table}, indent=1, sort_keys=True) + "\n")


def options(command: str) -> list[dict[str, Any]]:
    """What the parser of one command knows."""
    cli = get_default_cli()
    invocation = cli.invocation_cls(cli_ctx=cli, parser_cls=cli.parser_cls, commands_loader_cls=cli.commands_loader_cls, help_cls=cli.help_cls)
    cli.invocation = invocation
    loader = invocation.commands_loader
    loader.load_command_table(command.split())
    loader.command_name = command
    invocation.data["command_string"] = command
    loader.load_arguments(command)
    invocation.parser.load_command_table(loader)
    parser = invocation.parser
    for word in command.split():
        parser = next(a for a in parser._actions if hasattr(a, "choices") and isinstance(a.choices, dict) and word in a.choices).choices[word]
    found = [option(action) for action in parser._actions if action.dest != "help"]
    return sorted(found, key=lambda o: str(o["flags"] or o["name"]))


def option(action: Any) -> dict[str, Any]:
    """One option; `flags` is empty for a word that has no flag."""
    choices = sorted(str(c) for c in action.choices) if action.choices else None
    seen = {
        "name": action.dest,
        "flags": [str(getattr(f, "target", f)) for f in action.option_strings],
        "required": bool(action.required),
        "nargs": action.nargs,
        "choices": choices,
        "action": ACTIONS.get(type(action).__name__),
    }
    return {key: value for key, value in seen.items() if value not in (None, False)}


if __name__ == "__main__":
    main()
