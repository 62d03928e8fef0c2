"""The example dataset: one copy, generated, small, and found by the demo."""

import importlib.util
import os
import zipfile
from pathlib import Path
from types import ModuleType

import pytest
from flit_core import buildapi

import dataledger.demo
from dataledger.demo.steps.png import decode

ROOT = Path(__file__).resolve().parents[3]
EXAMPLE = ROOT / "examples" / "harbour-air"


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    path = ROOT / "examples" / "generate_harbour_air.py"
    spec = importlib.util.spec_from_file_location("generate_harbour_air", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_generator_writes_the_same_dataset_again(generator: ModuleType, tmp_path: Path) -> None:
    generator.write(tmp_path)
    there = {p.relative_to(EXAMPLE) for p in EXAMPLE.rglob("*") if p.is_file()}
    written = {p.relative_to(tmp_path) for p in tmp_path.rglob("*") if p.is_file()}
    assert there == written | {Path("README.md")}
    for path in written:
        old, new = (EXAMPLE / path).read_bytes(), (tmp_path / path).read_bytes()
        if path.suffix == ".png":  # another zlib may compress the same pixels otherwise
            assert decode(old) == decode(new)
        else:
            assert old == new


def test_the_dataset_is_small_and_says_its_licence() -> None:
    files = [path for path in EXAMPLE.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 300_000
    assert "CC0-1.0" in (EXAMPLE / "README.md").read_text("utf-8")


def test_the_demo_reads_the_one_copy_in_examples() -> None:
    """Links, because a wheel holds only what lies in the package."""
    package = Path(dataledger.demo.__file__).parent / "input"
    links = {path.relative_to(package): path for path in package.rglob("*") if path.is_symlink()}
    assert links.keys() == {p.relative_to(EXAMPLE) for p in EXAMPLE.rglob("*") if p.is_file()}
    for path, link in links.items():
        assert link.resolve() == EXAMPLE / path
        assert not link.readlink().is_absolute()


def test_a_wheel_carries_the_dataset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    wheel = zipfile.ZipFile(tmp_path / buildapi.build_wheel(os.fspath(tmp_path)))
    for path in (p for p in EXAMPLE.rglob("*") if p.is_file()):
        name = f"dataledger/demo/input/{path.relative_to(EXAMPLE).as_posix()}"
        assert wheel.read(name) == path.read_bytes()
