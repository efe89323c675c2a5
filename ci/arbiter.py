#!/usr/bin/env python3
"""A real Istio as the arbiter: what becomes of each connection in random clusters, and whether that was predicted.

usage: with_packages.py arbiter.py [--tries N] [--seed S] [--boxes N] [--keep FOLDER] [--all] [--size SIZE] [--bin FOLDER] [--only PART]

MESHGEN_MESHBOX names a folder whose matrix.py brings up a real API server, istiod and sidecars with network namespaces
as pods, and tries every port of every Service from every pod. Clusters follow from seeds S, S+1, … until there are N tries.
First come the tests of the article, on the tree that is rendered for it.

Ends with 1 if a try is not as predicted, twice: a cluster with such a try is tried again, and where the box then says
something else, it contradicts itself, which is counted, too. Skipped where there can be no such box.
"""

import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

import yaml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from box import article, ask, machine

ROOT = machine.ROOT
GIB_OF_A_BOX = 3


class Report:
    """What was found; printed as it is found."""

    def __init__(self, keep, whole):
        self.keep, self.whole, self.lock, self.start = keep, whole, threading.Lock(), time.monotonic()
        self.over = False
        self.counts, self.words, self.unknown = collections.Counter(), collections.Counter(), collections.Counter()

    def say(self, line):
        with self.lock:
            print(f"[{time.monotonic() - self.start:4.0f} s] {line}", flush=True)

    def saved(self, name, files, said):
        """Where a cluster lies that somebody should look at."""
        self.keep.mkdir(parents=True, exist_ok=True)
        path = self.keep / f"{name}.yaml"
        path.write_text("---\n".join(pathlib.Path(f).read_text() for f in files))
        lines = ["\t".join([*key, *found]) for key, found in said.tries.items()]
        path.with_suffix(".tsv").write_text("\n".join(lines) + "\n")
        return path


def wrong(said, predicted):
    """The tries that are not as predicted."""
    found = {key for key in said.tries if key not in predicted or (predicted[key][0] and said.tries[key][0] not in predicted[key][0])}
    return found | (predicted.keys() - said.tries.keys())


def judge(report, boxes, name, files, claims=None):
    """One cluster."""
    predicted = boxes.predicted(files)
    said = attempt(report, boxes, name, files)
    if said is None:
        return
    claims = claims or {}
    false = {k for k, word in claims.items() if k in said.tries and said.tries[k][0] != word}
    doubtful = wrong(said, predicted) | false
    again = attempt(report, boxes, name, files, seconds=4) if doubtful else None
    with report.lock:
        report.counts["clusters"] += 1
        report.counts["tries"] += len(said.tries)
        report.counts["odd"] += len(said.odd)
        report.counts["rounds"] += said.first
        report.counts["claims"] += sum(k in said.tries for k in claims)
        for key, (words, why) in predicted.items():
            if key in said.tries and key not in doubtful:
                report.counts["agree" if words else "unknown"] += 1
                (report.words if words else report.unknown)[said.tries[key][0] if words else why] += 1
    if said.odd:
        report.say(f"{name}: the box cannot explain {len(said.odd)} tries, such as {' '.join(min(said.odd))}: {said.tries[min(said.odd)][1]}")
    if doubtful or report.whole:
        path = report.saved(name, files, said)
        for key in sorted(doubtful):
            doubt(report, f"{path}: {' '.join(key)}", key, (said, again), predicted.get(key, ([], "not predicted")), claims.get(key))
    report.say(f"{name}: {len(said.tries)} tries, {len(doubtful)} not as predicted")


def doubt(report, line, key, twice, predicted, claim):
    """A try that is not as predicted, or not as claimed: by what it was the second time, it differs, or the box contradicts itself."""
    first, second = (said.tries.get(key, ("nothing", "")) if said else ("nothing", "") for said in twice)
    words, why = predicted
    same = first[0] == second[0] or twice[1] is None
    with report.lock:
        report.counts["differ" if same else "flap"] += 1
    what = f"claimed {claim}, predicted" if claim else "predicted"
    report.say(f"{'DIFFERS' if same else 'flaps'}: {line}: {what} {'|'.join(words) or 'unknown'} ({why}), seen {first}, then {second}")


def attempt(report, boxes, name, files, seconds=2):
    """What a box says; a second box is asked if the first one breaks."""
    for last in (False, True):
        if report.over:
            return None
        try:
            return boxes.seen(name, files, seconds)
        except (RuntimeError, subprocess.TimeoutExpired) as error:
            report.say(f"{name}: {error}")
            report.counts["broken" if last else "retried"] += 1
    return None


def random_clusters(boxes, size, seed, tries):
    """Files by seed, until there is enough to try."""
    while tries > 0:
        made = subprocess.run([boxes.meshgen / "meshgen-random", str(seed), "--mesh", size], check=True, capture_output=True)
        path = boxes.work / f"{seed}.yaml"
        path.write_text(yaml.safe_dump_all(json.loads(made.stdout)["manifests"], sort_keys=False))
        yield f"seed-{seed}", [path], None
        tries -= len(boxes.predicted([path]))
        seed += 1


def built():
    packages = ["--package", "meshgen-oracle", "--package", "meshgen-cli"]
    subprocess.run(["cargo", "build", "--quiet", "--locked", *packages], cwd=ROOT, check=True)
    return pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target") / "debug"


def programs(there, into):
    """What is asked here; a copy, which no build replaces in the middle."""
    into.mkdir()
    for program in ("meshgen", "meshgen-random", "meshgen-predict"):
        shutil.copy(there / program, into)
    return into


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tries", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--boxes", type=int, default=3, help="how many run at once, at most")
    parser.add_argument("--keep", type=pathlib.Path, default=ROOT / "target" / "arbiter", help="where clusters are left that are not as predicted")
    parser.add_argument("--all", action="store_true", help="leave all clusters there, with what was seen")
    parser.add_argument("--size", choices=["small", "large"], default="large", help="of a cluster")
    parser.add_argument("--bin", type=pathlib.Path, help="where meshgen, meshgen-random and meshgen-predict are; built if not said")
    parser.add_argument("--only", choices=["article", "random"], help="only the tests of the article, or only random clusters")
    options = parser.parse_args()
    if why := machine.lacks():
        print(f"skipped: a real Istio as the arbiter ({options.tries} tries, and the tests of the article): {why}")
        return 0
    with tempfile.TemporaryDirectory(prefix="meshgen-arbiter-") as work:
        os.chmod(work, 0o755)
        return ask_all(options, pathlib.Path(work))


def ask_all(options, work):
    if why := machine.collect(work / "bin"):
        print(f"skipped: a real Istio as the arbiter: {why}")
        return 0
    shutil.rmtree(options.keep, ignore_errors=True)
    report, boxes = Report(options.keep, options.all), ask.Boxes(work, work / "bin", programs(options.bin or built(), work / "meshgen"))
    at_once = max(1, min(options.boxes, int(machine.memory() / GIB_OF_A_BOX)))
    todo = []
    if options.only != "random":
        todo += [(name, [path], claims) for name, path, claims in article.clusters(boxes.meshgen / "meshgen", work)]
    if options.only != "article":
        todo += random_clusters(boxes, options.size, options.seed, options.tries)
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        try:
            for future in [pool.submit(judge, report, boxes, *one) for one in todo]:
                future.result()
        except BaseException:
            # Nobody waits for boxes after Ctrl-C.
            report.over = True
            pool.shutdown(wait=False, cancel_futures=True)
            boxes.stop()
            raise
    return end(options, report)


def end(options, report):
    c = report.counts
    report.say(
        f"seed {options.seed}: {c['clusters']} clusters, {c['tries']} tries: {c['agree']} as predicted ({dict(report.words.most_common())}),"
        f" {c['unknown']} unknown to us, {c['differ']} differ; {c['claims']} tries of the article's claims"
    )
    report.say(f"the box: contradicts itself in {c['flap']}, between rounds in {c['rounds']}, cannot explain {c['odd']}; broke {c['retried']} times, {c['broken']} for good")
    for why, many in report.unknown.most_common(5):
        report.say(f"unknown {many} times: {why}")
    return 1 if c["differ"] or c["broken"] or not c["agree"] else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main())
