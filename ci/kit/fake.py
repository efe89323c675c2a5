#!/usr/bin/env python3
"""Stands in for kubectl, az, docker, helmfile and the like: notes each call, and answers as the test wants.

FAKE_STATE is a folder. `rules.json` there is a list of rules; the first whose words are all in the call, in that order,
answers: {"program", "words", "out", "err", "code", "sleep", "unless", "if", "makes", "removes", "writes"}. `makes` and `removes` are marks that the
call sets or takes away; `writes` is an option that names a file to be made; `if` and `unless` ask for them: so a thing can be made once and be there afterwards. A rule with `exec` runs what stands
after `--`, with the strings of its `map` replaced: that is how `kubectl exec` reaches a server of the test.
A call without a rule succeeds and says nothing.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path


def within(words: list[str], call: list[str]) -> bool:
    """Whether the words are in the call, in their order."""
    rest = iter(call)
    return all(any(word == part for part in rest) for word in words)


def main() -> int:
    """Answers one call."""
    state = Path(os.environ["FAKE_STATE"])
    program, call = Path(sys.argv[0]).name, sys.argv[1:]
    with (state / "calls").open("a") as calls:
        calls.write(json.dumps([program, *call]) + "\n")
    marks = state / "marks"
    marks.mkdir(exist_ok=True)
    for rule in json.loads((state / "rules.json").read_text()):
        if rule["program"] != program or not within(rule.get("words", []), call):
            continue
        if rule.get("if") and not (marks / rule["if"]).exists():
            continue
        if rule.get("unless") and (marks / rule["unless"]).exists():
            continue
        time.sleep(rule.get("sleep", 0))
        if rule.get("makes"):
            (marks / rule["makes"]).touch()
        for mark in rule.get("removes", []):
            (marks / mark).unlink(missing_ok=True)
        if rule.get("writes") in call:
            Path(call[call.index(rule["writes"]) + 1]).write_text("written\n")
        sys.stdout.write(rule.get("out", ""))
        sys.stderr.write(rule.get("err", ""))
        sys.stdout.flush()
        if rule.get("exec"):
            command = call[call.index("--") + 1 :]
            for old, new in rule.get("map", {}).items():
                command = [part.replace(old, new) for part in command]
            return subprocess.run(command, check=False).returncode
        return rule.get("code", 0)
    return 0


if __name__ == "__main__":
    sys.exit(main())
