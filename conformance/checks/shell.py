"""shellcheck over every script of every tree. What the scripts do is tried in ci/kit."""

from __future__ import annotations

from processes import run, words
from report import check
from tools import Tools
from trees import Tree


def all_of(tools: Tools, trees: list[Tree]) -> None:
    """A tree at a time."""
    for one in trees:
        scripts = [str(path) for path in one.scripts()]
        if scripts:
            done = run([tools.find("shellcheck"), "--external-sources", "--severity=style", *scripts])
            check(f"{one.name}: shellcheck of {len(scripts)} scripts", done.returncode == 0, words(done))
