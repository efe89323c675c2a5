#!/usr/bin/env python3
"""Holds every manifest of the golden trees against the strict schema of its kind: no unknown field, no wrong type.

usage: with_packages.py strict_schemas.py [FOLDER…]      (default: golden)

Kinds of Kubernetes have the schemas of kubernetes-validate. Those of others have the CustomResourceDefinitions in
the folder that $MESHGEN_SCHEMAS names; without it their manifests are skipped, and counted. Exits with 1 when a
manifest is refused, or when there is none.
"""

import json
import os
import pathlib
import sys

import jsonschema
import kubernetes_validate
import yaml

KUBERNETES = "1.36"
# Read by tools on our side of the API server, which have no schema there.
LOCAL = {"kustomize.config.k8s.io", "install.istio.io", "kind.x-k8s.io"}


def strict(schema):
    """A schema that names its fields takes no others, unless it says so."""
    if isinstance(schema, list):
        return [strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    schema = {key: strict(value) for key, value in schema.items()}
    if schema.get("x-kubernetes-int-or-string"):
        schema.pop("type", None)
        schema["anyOf"] = [{"type": "integer"}, {"type": "string"}]
    open_ended = schema.get("x-kubernetes-preserve-unknown-fields") or "additionalProperties" in schema
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object" and not open_ended:
        schema["additionalProperties"] = False
    return schema


def custom(folder):
    """The strict schema of each (group, version, kind) that a folder of CustomResourceDefinitions declares."""
    schemas = {}
    for path in sorted(pathlib.Path(folder).glob("*.yaml")):
        for document in yaml.load_all(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader):
            if not document or document.get("kind") != "CustomResourceDefinition":
                continue
            spec = document["spec"]
            for version in spec["versions"]:
                schema = version.get("schema", {}).get("openAPIV3Schema")
                if schema:
                    key = spec["group"], version["name"], spec["names"]["kind"]
                    schemas[key] = top(strict(schema))
    return schemas


def top(schema):
    """What every object has, and few of these schemas say."""
    words = {"type": "string"}
    common = {"apiVersion": words, "kind": words, "metadata": {"type": "object"}}
    return {**schema, "properties": {**schema.get("properties", {}), **common}}


def problem(manifest, customs):
    """What is wrong with a manifest; empty if nothing is, None if nobody knows."""
    group, _, version = manifest["apiVersion"].rpartition("/")
    schema = customs.get((group, version, manifest["kind"]))
    if schema:
        errors = jsonschema.Draft7Validator(schema).iter_errors(manifest)
        return "; ".join(f"{error.json_path}: {error.message}" for error in errors)
    if "." in group and not group.endswith(".k8s.io") or group in LOCAL:
        return None
    try:
        kubernetes_validate.validate(manifest, KUBERNETES, strict=True)
    except kubernetes_validate.SchemaNotFoundError:
        return None
    except kubernetes_validate.ValidationError as error:
        return f"{'.'.join(map(str, error.path))}: {error.message}"
    return ""


def files(folder):
    """The manifests of the trees in a folder, as each tree lists them; charts and state files are for other tools."""
    for listing in sorted(pathlib.Path(folder).rglob(".meshgen/manifest.json")):
        tree = listing.parent.parent
        for path, file in json.loads(listing.read_text(encoding="utf-8"))["files"].items():
            if file.get("resource") or path == ".meshgen/assumed.yaml":
                yield tree / path


def manifests(folder):
    for path in files(folder):
        for document in yaml.load_all(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader):
            if isinstance(document, dict) and "apiVersion" in document and "kind" in document:
                yield path, document


def main():
    schemas = os.environ.get("MESHGEN_SCHEMAS")
    customs = custom(schemas) if schemas else {}
    passed = failed = 0
    skipped = {}
    for folder in sys.argv[1:] or ["golden"]:
        for path, manifest in manifests(folder):
            kind = f"{manifest['apiVersion']} {manifest['kind']}"
            found = problem(manifest, customs)
            if found is None:
                skipped[kind] = skipped.get(kind, 0) + 1
            elif found:
                failed += 1
                print(f"{path}: {kind} {manifest.get('metadata', {}).get('name')}: {found}")
            else:
                passed += 1
    for kind, count in sorted(skipped.items()):
        print(f"no schema for {kind} ({count})")
    print(f"{passed} passed, {failed} failed, {sum(skipped.values())} skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
