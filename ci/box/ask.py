"""What a box says of a cluster, and what is predicted."""

import collections
import dataclasses
import os
import pathlib
import re
import subprocess
import sys

import yaml

from box import machine

Key = collections.namedtuple("Key", "client service spoken method")
SECONDS = 900


@dataclasses.dataclass
class Said:
    """What became of each try: the word, and what was seen; and which ones the box cannot explain."""

    tries: dict
    odd: set
    first: int = 0


@dataclasses.dataclass
class Boxes:
    """Where the programs are, and where boxes may write."""

    work: pathlib.Path
    bin: pathlib.Path
    meshgen: pathlib.Path
    running: list = dataclasses.field(default_factory=list)

    def installation(self):
        """What a box installs, as far as it says something of the mesh's settings."""
        path = self.work / "installation.yaml"
        if not path.exists():
            command = [self.bin / "istioctl", "manifest", "generate", "--set", "profile=minimal", "--set", "values.defaultRevision=default"]
            made = yaml.safe_load_all(subprocess.run(command, check=True, capture_output=True).stdout)
            kinds = ("ConfigMap", "MutatingWebhookConfiguration")
            path.write_text(yaml.safe_dump_all([d for d in made if d and d["kind"] in kinds]))
        return path

    def predicted(self, files):
        """By try: the words that are right, and why. No words where it is not known."""
        command = [self.meshgen / "meshgen-predict", *files, self.installation()]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        found = {}
        for line in said.splitlines():
            *key, words, why = line.split("\t")
            found[Key(*key)] = ([] if words == "UNKNOWN" else words.split("|"), why)
        return found

    def seen(self, name, files, seconds=2):
        """What really becomes of each try."""
        work = self.work / f"box-{name}"
        environ = {**os.environ, "BIN": str(self.bin), "WORK": str(work), "SECS": str(seconds), "PREFIX": "mg"}
        environ["PYTHONDONTWRITEBYTECODE"] = "1"
        command = [*machine.APART, sys.executable, str(machine.ROOT / "ci" / "box" / "matrix.py"), str(machine.meshbox()), *map(str, files)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        box = subprocess.Popen(command, env=environ, preexec_fn=machine.run.end_with_parent, **pipes)
        self.running.append(box)
        try:
            out, err = box.communicate(timeout=SECONDS)
        finally:
            box.kill()
            self.running.remove(box)
        subprocess.run(["rm", "-rf", str(work)], check=True)
        if box.returncode or "done; MiB" not in out:
            raise RuntimeError(f"the box broke: {(err.strip().splitlines() or ['nothing was said'])[-1]}")
        return parse(out)

    def stop(self):
        """Ends all boxes; what is in them ends with them."""
        for box in list(self.running):
            box.kill()


def parse(text):
    said = Said({}, set())
    for line in text.splitlines():
        if line.startswith("["):
            said.first += "first round differed" in line
            if odd := re.search(r"odd: NetworkPolicy (?:refuses|allows) (\S+) (\S+) (\S+) (\S+)", line):
                said.odd.add(Key(*odd.groups()))
        elif "\t" in line:
            *key, word, seen = line.split("\t")
            if word == "REFUSED" and "connection timeout" in seen:
                # A request that joins the connection for which another one waits hears of its time-out before its own.
                word = "TIMEOUT"
            said.tries[Key(*key)] = (word, seen)
    return said
