"""The benchmark of fingerprints works as a whole; how fast anything is, no test asks."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "benchmarks" / "fingerprint.py"
FORMATS = {"csv", "parquet"}
"""That `--tiny` reads."""


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, PROGRAM, *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=600,
    )


def test_every_part_measures_all_of_ours_and_removes_its_data(tmp_path: Path) -> None:
    data, figures = tmp_path / "data", tmp_path / "figures.json"
    finished = run("--tiny", "--no-peers", "--data", data, "--json", figures, "--markdown")
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert not data.exists()
    document: dict[str, Any] = json.loads(figures.read_text("utf-8"))
    cases = {case["case"]: case for case in document["cases"]}
    assert set(cases) == {"big", "small", "middle", "rows-700", "proofs"}
    measured = [each for case in cases.values() for each in case["measurements"]]
    assert [each for each in measured if "problem" in each] == []
    assert all(each["median_seconds"] > 0 and each["peak_bytes"] > 0 for each in measured)
    assert set(cases["proofs"]["values"]) == FORMATS
    assert all("gas" in values for values in cases["proofs"]["values"].values())
    assert "| ours: sha256-tree |" in finished.stdout

    # Both engines make the same records of the same file.
    results = {each["subject"]: each["result"] for each in cases["rows-700"]["measurements"]}
    for form in FORMATS:
        assert results[f"ours: {form}, hashlib"] == results[f"ours: {form}, accelerated"]

    reckoned = run("--petabyte", figures)
    assert reckoned.returncode == 0, reckoned.stderr
    assert "core hours" in reckoned.stdout


def test_a_directory_with_anything_else_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("data", "utf-8")
    finished = run("--tiny", "--no-peers", "--only", "files", "--data", tmp_path)
    assert finished.returncode != 0
    assert "holds something else" in finished.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["precious"]
    assert (tmp_path / "precious").read_text("utf-8") == "data"


def test_a_petabyte_is_reckoned_from_the_rate_of_a_core(tmp_path: Path) -> None:
    measurement = {
        "subject": "ours: sha256-tree",
        "kind": "ours",
        "size_bytes": 4 * 10**9,
        "median_seconds": 2.0,
    }
    case = {"case": "middle", "title": "files", "unit": "bytes", "measurements": [measurement]}
    machine = {"processors": 2, "processor": "a processor"}
    figures = tmp_path / "figures.json"
    figures.write_text(json.dumps({"machine": machine, "cases": [case]}), "utf-8")
    # One core hashes 1 GB/s: a petabyte takes it 277.8 hours, and 3.1 cores fill 25 Gbit/s.
    reckoned = run("--petabyte", figures).stdout
    assert "| files: sha256-tree | 1.00 | 278 | 1.2 | 3.1 | 12.5 |" in reckoned
    # 10 nodes of 32 cores, at 25 Gbit/s each: their links are the limit.
    assert f"{10**15 / (10 * 3.125e9) / 3600:.1f}" in reckoned
