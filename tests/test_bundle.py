"""The committed browser code is what its sources build."""

import shutil
import subprocess
from pathlib import Path

import pytest

WEB = Path(__file__).resolve().parents[1] / "web"


@pytest.mark.slow
def test_the_committed_bundle_is_what_the_sources_build(tmp_path):
    if not shutil.which("npm"):
        pytest.skip("no Node on this machine: the bundle cannot be rebuilt here")
    for name in ("package.json", "package-lock.json", "build.js", "src"):
        source = WEB / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name)
        else:
            shutil.copy(source, tmp_path / name)
    for command in (["npm", "ci", "--no-audit", "--no-fund"], ["npm", "run", "build"]):
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    built = {path.name: path.read_bytes() for path in (tmp_path / "dist").iterdir()}
    committed = {path.name: path.read_bytes() for path in (WEB / "dist").iterdir()}
    assert built.keys() == committed.keys()
    assert [name for name in built if built[name] != committed[name]] == []
