#!/usr/bin/env python3
"""Reads back, with the readers that users have, what meshgen-yaml wrote.

usage: with_packages.py yaml_readback.py [STRINGS.json]      (default: $MESHGEN_CORPUS/yaml/strings.json)

STRINGS.json is a list of {"c": class, "s": string}. Each string is written by the example `write_strings` of
meshgen-yaml as a value, a key and an item, at several depths, and read by PyYAML's SafeLoader (YAML 1.1, in
Python), CSafeLoader (YAML 1.1, libyaml) and kubectl (Go). Two of them are not enough:
PyYAML's own scanner accepts a tab that libyaml and Go refuse, and Go alone drops underscores in numbers.
Exits with 1 when a reader reads something else.
"""

import json
import os
import subprocess
import sys

import yaml

from kubectl import kubectl as kubectl_program


def written(path):
    command = ["cargo", "run", "--quiet", "-p", "meshgen-yaml", "--example", "write_strings"]
    with open(path, "rb") as strings:
        return subprocess.run(command, stdin=strings, stdout=subprocess.PIPE, check=True).stdout.decode()


def expected(name, s, has_key):
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name},
        "value": s,
        "list": [s, s],
        "nested": {"lists": [[[s]], [[s]]], "maps": [{"a": s, "b": s}, {"a": s}]},
        "keys": {s: s} if has_key else None,
    }


def python(loader):
    def read(documents):
        for document in documents:
            try:
                yield yaml.load(document, Loader=loader)
            except (yaml.YAMLError, ValueError) as error:
                yield f"error: {error}"

    return read


def kubectl(documents):
    """kubectl reads a stream until its first error, so what it refuses is found by halving."""
    if not documents:
        return
    command = [kubectl_program(), "annotate", "--local", "-f", "-", "-o", "json", "read=back"]
    stream = "".join("---\n" + document for document in documents)
    # A file, since kubectl would otherwise wait to be read while we wait to be written.
    done = subprocess.run(command, input=stream.encode(), capture_output=True, check=False)
    read, text, at = [], done.stdout.decode(), 0
    while at < len(text):
        value, at = json.JSONDecoder().raw_decode(text, at)
        del value["metadata"]["annotations"]
        read.append(value)
        at += 1
    if done.returncode == 0 and len(read) == len(documents):
        yield from read
    elif len(documents) == 1:
        yield f"error: {done.stderr.decode()}"
    else:
        half = len(documents) // 2
        yield from kubectl(documents[:half])
        yield from kubectl(documents[half:])


def main():
    corpus = os.environ.get("MESHGEN_CORPUS", "")
    path = sys.argv[1] if len(sys.argv) > 1 else os.path.join(corpus, "yaml", "strings.json")
    with open(path, encoding="utf-8") as file:
        strings = [case["s"] for case in json.load(file)]
    documents = written(path).split("---\napiVersion")[1:]
    documents = ["apiVersion" + document for document in documents]
    assert len(documents) == len(strings), f"{len(strings)} strings, but {len(documents)} documents"

    readers = {"PyYAML": python(yaml.SafeLoader), "libyaml": python(yaml.CSafeLoader), "kubectl": kubectl}

    passed = failed = 0
    for name, read in readers.items():
        for i, (s, document, value) in enumerate(zip(strings, documents, read(documents), strict=True)):
            if value == expected(f"s{i}", s, "keys: null" not in document.splitlines()):
                passed += 1
            else:
                failed += 1
                print(f"{name} read {s!r} as something else: {str(value)[:300]}\n{document[:300]}")
    print(f"{', '.join(readers)}: {passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
