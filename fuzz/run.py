#!/usr/bin/env python3
"""Runs the fuzz targets.

usage: run.py [TARGET…] [--seconds N]      all of them by default; 0 seconds only builds them

Each starts from what the examples, the golden trees and the tests of this repository hold (`just fuzz` keeps what it found
beside those, under ${XDG_CACHE_HOME:-~/.cache}/meshgen/fuzz). An input that panics, that takes longer than ten seconds or
more than 2 GiB, ends the run with 1 and stands in fuzz/artifacts.

cargo-fuzz is installed once, in the same cache. No sanitizer: there is no unsafe code to watch, and so stable Rust does.
"""

import argparse
import hashlib
import os
import pathlib
import random
import re
import subprocess
import sys

FUZZ = pathlib.Path(__file__).resolve().parent
ROOT = FUZZ.parent
sys.path.append(str(ROOT / "ci"))

from cached import CACHE  # noqa: E402

CARGO_FUZZ = "0.13.2"
LIMITS = ["-timeout=10", "-rss_limit_mb=2048"]
# The longest input of each: what is long is slow, and seldom finds what is not found in less.
LONGEST = {"manifests": 16384, "policies": 1024, "selectors": 512, "spec": 8192}


def cargo_fuzz():
    """A PATH on which it is."""
    home = CACHE / f"cargo-fuzz-{CARGO_FUZZ}"
    if not (home / "bin" / "cargo-fuzz").exists():
        command = ["cargo", "install", "--quiet", "--locked", "--root", home, "cargo-fuzz", "--version", CARGO_FUZZ]
        subprocess.run(command, check=True, cwd=CACHE.parent)
    return os.pathsep.join([str(home / "bin"), os.environ["PATH"]])


def seeds(target):
    """Texts to begin with."""
    return {
        "manifests": lambda: files("golden", "*.yaml") + files("docs", "*.yaml") + in_tests('apiVersion'),
        "policies": choices,
        "selectors": lambda: quoted(ROOT / "crates/reach/src/select", ROOT / "crates/reach/tests", ROOT / "crates/oracle/src"),
        "spec": lambda: files("examples", "meshgen.yaml") + files("crates/meshgen/tests", "*.yaml") + files("ci/editor", "*.yaml") + in_tests("meshgen: v1"),
    }[target]()


def files(folder, pattern):
    return [path.read_bytes() for path in sorted((ROOT / folder).rglob(pattern))]


def in_tests(word):
    """Texts in quotes, over several lines, that hold a word."""
    found = []
    for path in sorted((ROOT / "crates").rglob("*.rs")):
        for text in re.findall(r'"((?:[^"\\]|\\.)*)"', path.read_text(), re.S):
            if word in text:
                found.append(re.sub(r'\\\n\s*', "", text).replace('\\"', '"').replace("\\n", "\n").encode())
    return found


def quoted(*folders):
    """Words and selectors in quotes."""
    found = set()
    for path in (path for folder in folders for path in sorted(folder.rglob("*.rs"))):
        found.update(text.replace('\\"', '"') for text in re.findall(r'"((?:[^"\\\n]|\\.){1,100})"', path.read_text()))
    return [text.encode() for text in sorted(found)]


def choices():
    """Bytes of a length that makes a whole cluster; some ask for odd values, most for none."""
    chance = random.Random(1)
    return [bytes([n % 5, [0, 0, 0, 1, 2, 3][n % 6]]) + chance.randbytes(chance.choice([60, 200, 400, 800])) for n in range(120)]


def corpus(target):
    """The folder of what was found, with the seeds in it."""
    folder = CACHE / "fuzz" / target
    folder.mkdir(parents=True, exist_ok=True)
    for seed in seeds(target):
        (folder / hashlib.sha1(seed).hexdigest()).write_bytes(seed)
    return folder


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    parser.add_argument("--seconds", type=int, default=60)
    options = parser.parse_args()
    for unknown in set(options.targets) - set(LONGEST):
        parser.error(f"`{unknown}` is no target: use {', '.join(LONGEST)}")
    CACHE.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "PATH": cargo_fuzz()}
    shared = ["--sanitizer", "none", "--fuzz-dir", FUZZ, "--target-dir", ROOT / "target" / "fuzz"]
    subprocess.run(["cargo", "fuzz", "build", *shared], check=True, cwd=ROOT, env=environment)
    failed = []
    for target in options.targets or LONGEST:
        if options.seconds == 0:
            continue
        limits = [*LIMITS, f"-max_total_time={options.seconds}", f"-max_len={LONGEST[target]}", f"-dict={FUZZ / 'words.dict'}", "-print_final_stats=1"]
        done = subprocess.run(["cargo", "fuzz", "run", *shared, target, corpus(target), "--", *limits], cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)
        print("\n".join(told(target, done.stderr)))
        if done.returncode:
            print(done.stderr[-4000:])
            failed.append(target)
    sys.exit(bool(failed))


def told(target, said):
    """What a run came to, in a line."""
    last = re.findall(r"#\d+\s+\w+ +cov: (\d+) ft: (\d+) corp: (\d+)", said)
    runs = re.search(r"stat::number_of_executed_units:\s*(\d+)", said)
    covered, features, kept = last[-1] if last else ("?", "?", "?")
    return [f"{target}: {runs[1] if runs else '?'} executions, {covered} edges and {features} features covered, {kept} inputs kept"]


if __name__ == "__main__":
    main()
