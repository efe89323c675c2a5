"""kubectl, the same as that of conformance/pins.toml."""

import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "conformance"))

import tools


def kubectl() -> str:
    """The path of the program, which is fetched once and kept."""
    return str(tools.folder("kubectl", tools.pins()["kubectl"]) / "kubectl")
