"""Algorithms in the sandbox that answer, and what becomes of their answers."""

import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from algorithms import CSV, QUICK, holding_of, require_bubblewrap, run, stations, withheld

from dataledger.errors import ManifestMismatch, SourceUnreadable
from dataledger.hashing import Digest
from dataledger.node.sandbox import AlgorithmDocument, parse_algorithm
from dataledger.node.sandbox.bubblewrap import run_confined
from dataledger.node.sandbox.data import MAX_SEPARATE_FILES
from dataledger.node.work import Holding

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "examples" / "mean_by_station.py"
HARBOUR_AIR = ROOT / "examples" / "harbour-air"
PAGE = ROOT / "docs" / "algorithms.md"

MEAN = """
    import csv, json
    with open("/data/stations.csv", newline="") as file:
        values = [float(row["value"]) for row in csv.DictReader(file)]
    with open("/output/answer", "w") as answer:
        json.dump({"mean": sum(values) / len(values)}, answer)
"""
OTHERWISE = {
    "numpy": """
        import numpy
        table = numpy.genfromtxt("/data/stations.csv", delimiter=",", skip_header=1, usecols=2)
        open("/output/answer", "w").write(f'{{"mean": {float(table.mean())}}}')
    """,
    "pyarrow": """
        import pyarrow.csv, pyarrow.compute
        table = pyarrow.csv.read_csv("/data/stations.csv")
        mean = pyarrow.compute.mean(table.column("value")).as_py()
        open("/output/answer", "w").write(f'{{"mean": {mean}}}')
    """,
}


@pytest.fixture(autouse=True)
def _sandbox() -> None:
    require_bubblewrap()


@pytest.fixture
def holding(tmp_path: Path) -> Holding:
    return stations(tmp_path)


def test_a_mean_is_answered(holding: Holding) -> None:
    values = [int(line.rpartition(",")[2]) for line in CSV.splitlines()[1:]]
    assert json.loads(run(MEAN, holding)) == {"mean": sum(values) / len(values)}


@pytest.mark.parametrize("package", OTHERWISE)
def test_so_it_is_with_the_packages_on_offer(holding: Holding, package: str) -> None:
    pytest.importorskip(package)
    wide = replace(
        holding, rules=replace(holding.rules, sandbox=replace(QUICK, memory_bytes=2**30))
    )
    mean = json.loads(run(MEAN, holding))["mean"]
    assert json.loads(run(OTHERWISE[package], wide))["mean"] == pytest.approx(mean)


def test_the_example_runs_as_the_document_says() -> None:
    document = AlgorithmDocument(EXAMPLE.read_bytes())
    work = parse_algorithm(document.to_bytes())
    answer = work.compute(holding_of(HARBOUR_AIR)).content
    assert work.code == Digest.of(EXAMPLE.read_bytes())
    assert f"{str(work.code)[:11]}…" in PAGE.read_text()
    assert {mean["of"].split()[0] for mean in json.loads(answer)} == {
        "dockside",
        "ferry-terminal",
        "old-town",
    }


def test_parameters_reach_the_algorithm(holding: Holding) -> None:
    code = """
        import json
        told = json.load(open("/parameters.json"))
        json.dump(told, open("/output/answer", "w"))
    """
    assert json.loads(run(code, holding, {"year": 2026})) == {"year": 2026}
    assert run(code, holding) == b"null"


@pytest.mark.parametrize(
    "copy",
    [
        "data",
        "data[len(data) // 2 :]",
        "b''.join(sorted(data.splitlines(True), reverse=True))",
        "__import__('base64').b64encode(data)",
        "__import__('gzip').compress(data)",
        "data.splitlines()[7]",
    ],
)
def test_a_copy_of_the_data_is_withheld(holding: Holding, copy: str) -> None:
    code = f"""
        data = open("/data/stations.csv", "rb").read()
        open("/output/answer", "wb").write({copy})
    """
    assert withheld(lambda: run(code, holding)) == "The algorithm's answer overlaps with the data."


def test_data_that_is_not_as_recorded_is_never_shown(holding: Holding) -> None:
    (holding.folder / "stations.csv").write_text(CSV.replace("harbour", "airport"))
    with pytest.raises(ManifestMismatch):
        run(MEAN, holding)


def test_data_that_changes_meanwhile_gives_no_answer(
    holding: Holding, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change_first(*arguments: Any) -> bytes:
        (holding.folder / "late.csv").write_text("a file that nobody compared")
        return run_confined(*arguments)

    monkeypatch.setattr("dataledger.node.sandbox.work.run_confined", change_first)
    with pytest.raises(ManifestMismatch):
        run(MEAN, holding)


def test_files_are_shown_one_by_one_out_of_a_folder_that_holds_others(holding: Holding) -> None:
    (holding.folder / "other.csv").write_text("of another dataset")
    assert b"mean" in run(MEAN, holding)


def test_no_file_is_reached_over_a_link(tmp_path: Path) -> None:
    holding = stations(tmp_path)
    holding.folder.rename(tmp_path / "elsewhere")
    holding.folder.mkdir()
    (holding.folder / "stations.csv").symlink_to(tmp_path / "elsewhere" / "stations.csv")
    with pytest.raises(SourceUnreadable):
        run(MEAN, holding)


def test_many_files_are_shown_as_their_folder(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    (folder / "deep").mkdir(parents=True)
    for number in range(MAX_SEPARATE_FILES + 1):
        (folder / "deep" / f"{number}.txt").write_text(str(number))
    code = """
        import os
        open("/output/answer", "w").write(str(len(os.listdir("/data/deep"))))
    """
    assert run(code, holding_of(folder)) == str(MAX_SEPARATE_FILES + 1).encode()


def test_the_answer_may_be_any_bytes(holding: Holding) -> None:
    text = base64.b64encode(bytes(range(256))).decode()
    code = f"""
        import base64
        open("/output/answer", "wb").write(base64.b64decode("{text}"))
    """
    assert run(code, holding) == bytes(range(256))
