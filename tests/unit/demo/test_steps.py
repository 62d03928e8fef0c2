"""The demo's work on the data: exact results on small files, and promises kept on the example."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from dataledger.demo.steps.clean import clean
from dataledger.demo.steps.describe import describe
from dataledger.demo.steps.label import IMAGE_TABLE, label
from dataledger.demo.steps.sample import SAMPLE_TABLE, sample
from dataledger.demo.steps.train import MODEL_FILE, train
from dataledger.demo.steps.validate import validate
from dataledger.errors import CheckFailed
from dataledger.manifest import fingerprint
from dataledger.manifest.description import Description, Period

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "harbour-air"

DIRTY = """\
station,time,pollutant,value,unit
pier,2026-03-02T01:00:00Z,no2,30.0,µg/m³
pier ,2026-03-02T00:00:00Z,PM2.5, 12.5 ,µg/m³
pier,2026-03-02 00:00,pm2.5,"12,5",ug/m3
pier,2026-03-02T00:00:00Z,no2,0.0351,mg/m3
pier,2026-03-02T02:00:00+01:00,pm2.5,n/a,µg/m³
pier,2026-03-02T02:00:00+01:00,pm2.5,9,µg/m³
"""
CLEAN = """\
station,time,pollutant,value,unit
pier,2026-03-02T00:00:00Z,no2,35.1,µg/m³
pier,2026-03-02T00:00:00Z,pm2.5,12.5,µg/m³
pier,2026-03-02T01:00:00Z,no2,30.0,µg/m³
pier,2026-03-02T01:00:00Z,pm2.5,9.0,µg/m³
"""
DIRTY_REPORTS = """\
{"id": "a", "time": "t", "district": " OLD TOWN", "text": "  Black   soot\\n"}
{"id": "a", "time": "t", "district": " OLD TOWN", "text": "  Black   soot\\n"}
{"id": "b", "time": "t", "district": "Old Town", "text": " \\n "}
{"id": "c", "time": "t", "district": "Old Town", "text": "A broken lamp"}
"""
CLEAN_REPORTS = """\
{"id":"a","time":"t","district":"Old Town","text":"Black soot"}
{"id":"c","time":"t","district":"Old Town","text":"A broken lamp"}
"""


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    directory = tmp_path / "raw"
    (directory / "readings").mkdir(parents=True)
    (directory / "readings" / "pier.csv").write_text(DIRTY, "utf-8")
    (directory / "reports").mkdir()
    (directory / "reports" / "citizens.jsonl").write_text(DIRTY_REPORTS, "utf-8")
    (directory / "images").mkdir()
    picture = (EXAMPLE / "images" / "quay-1300.png").read_bytes()
    (directory / "images" / "quay.png").write_bytes(picture)
    return directory


@pytest.fixture
def labelled(raw: Path, tmp_path: Path) -> Path:
    clean(raw, tmp_path / "clean")
    label(tmp_path / "clean", tmp_path / "labelled")
    return tmp_path / "labelled"


def test_cleaning_normalises_and_counts_what_it_changed(raw: Path, tmp_path: Path) -> None:
    before = fingerprint(raw)
    counts = clean(raw, tmp_path / "clean")
    assert (tmp_path / "clean" / "readings" / "pier.csv").read_text("utf-8") == CLEAN
    written = (tmp_path / "clean" / "reports" / "citizens.jsonl").read_text("utf-8")
    assert written == CLEAN_REPORTS
    assert counts == Counter(
        rows_read=6,
        rows_trimmed=1,
        rows_without_value_dropped=1,
        repeated_rows_dropped=1,
        pollutants_respelled=1,
        decimal_commas_corrected=0,  # the row with the comma repeats the one before it
        units_unified=1,
        times_unified=1,
        rows_kept=4,
        reports_read=4,
        reports_without_text_dropped=1,
        repeated_reports_dropped=1,
        reports_respelled=1,
        reports_kept=2,
    )
    assert fingerprint(raw) == before


def test_cleaning_what_is_clean_changes_nothing(raw: Path, tmp_path: Path) -> None:
    clean(raw, tmp_path / "once")
    counts = clean(tmp_path / "once", tmp_path / "twice")
    assert fingerprint(tmp_path / "twice") == fingerprint(tmp_path / "once")
    assert +counts == Counter(rows_read=4, rows_kept=4, reports_read=2, reports_kept=2)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("30.0", "thirty", r"readings/pier.csv, line 2: 'thirty' is not a number"),
        ("30.0", "-30.0", "'-30.0' is not a concentration"),
        ("30.0", "Infinity", "'Infinity' is not a concentration"),
        ("30.0,µg/m³", "30.0,ppm", "'ppm' is not a unit"),
        ("2026-03-02T01:00:00Z", "yesterday", "'yesterday' is not a time"),
    ],
)
def test_what_cleaning_cannot_correct_it_names(
    raw: Path, tmp_path: Path, old: str, new: str, message: str
) -> None:
    (raw / "readings" / "pier.csv").write_text(DIRTY.replace(old, new), "utf-8")
    with pytest.raises(CheckFailed, match=message):
        clean(raw, tmp_path / "clean")


def test_labels_follow_limit_values_keywords_and_pixels(raw: Path, tmp_path: Path) -> None:
    clean(raw, tmp_path / "clean")
    counts = label(tmp_path / "clean", tmp_path / "labelled")
    rows = (tmp_path / "labelled" / "readings" / "pier.csv").read_text("utf-8").splitlines()
    assert [row.rsplit(",", 2)[-1] for row in rows] == ["label", "good", "moderate", "good", "good"]
    reports = (tmp_path / "labelled" / "reports" / "citizens.jsonl").read_text("utf-8")
    assert [line.split('"category":')[1] for line in reports.splitlines()] == [
        '"smoke"}',
        '"other"}',
    ]
    table = (tmp_path / "labelled" / IMAGE_TABLE).read_text("utf-8").splitlines()
    assert len(table) == 2
    assert table[1].startswith("images/quay.png,")
    assert table[1].endswith(",day")
    assert counts == Counter(
        good_readings=3, moderate_readings=1, smoke_reports=1, other_reports=1, day_images=1
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [("10.0", "good"), ("10.1", "moderate"), ("25.0", "moderate"), ("25.1", "poor")],
)
def test_a_limit_value_itself_still_earns_the_label(
    raw: Path, tmp_path: Path, value: str, expected: str
) -> None:
    text = f"station,time,pollutant,value,unit\npier,2026-03-02T00:00:00Z,pm2.5,{value},µg/m³\n"
    (raw / "readings" / "pier.csv").write_text(text, "utf-8")
    label(raw, tmp_path / "labelled")
    labelled = (tmp_path / "labelled" / "readings" / "pier.csv").read_text("utf-8")
    assert labelled.splitlines()[1].endswith(f",{expected}")


def test_a_pollutant_without_a_limit_value_is_named(raw: Path, tmp_path: Path) -> None:
    (raw / "readings" / "pier.csv").write_text(CLEAN.replace("no2", "o3"), "utf-8")
    with pytest.raises(CheckFailed, match="line 2: 'o3' is not a pollutant with a limit value"):
        label(raw, tmp_path / "labelled")


def test_validation_counts_what_it_checked(labelled: Path) -> None:
    assert validate(labelled) == Counter(readings=4, reports=2, images=1)


def _replace(path: str, old: str, new: str) -> Callable[[Path], None]:
    def act(directory: Path) -> None:
        text = (directory / path).read_text("utf-8")
        assert old in text
        (directory / path).write_text(text.replace(old, new, 1), "utf-8")

    return act


READINGS, REPORTS = "readings/pier.csv", "reports/citizens.jsonl"


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_replace(READINGS, "35.1", "35,1"), "not a complete row"),
        (_replace(READINGS, "35.1", "35.12"), "35.12 µg/m³.* is not a value"),
        (_replace(READINGS, "\npier", "\nquay"), "not the station of this file"),
        (_replace(READINGS, "T00:00:00Z,no2", " 00:00,no2"), "not a time in UTC"),
        (_replace(READINGS, ",good", ",fine"), "not a label we know"),
        (_replace(READINGS, "T00:00:00Z,no2", "T00:00:00Z,pm2.5"), "it stands there twice"),
        (_replace(REPORTS, '"smoke"', '"gossip"'), "'a' is not a new report"),
        (_replace(REPORTS, '"id":"c"', '"id":"a"'), "'a' is not a new report"),
        (_replace(IMAGE_TABLE, ",day", ",noon"), "'noon' is not a label"),
        (_replace(IMAGE_TABLE, "images/quay.png", "images/pier.png"), "not labelled, or not there"),
    ],
)
def test_validation_finds_a_broken_promise(
    labelled: Path, spoil: Callable[[Path], None], message: str
) -> None:
    spoil(labelled)
    with pytest.raises(CheckFailed, match=message):
        validate(labelled)


def test_a_description_has_the_period_and_the_places_of_the_readings(labelled: Path) -> None:
    description = describe(labelled)
    assert description.temporal == Period("2026-03-02T00:00:00Z", "2026-03-02T01:00:00Z")
    assert description.spatial == ("pier",)
    assert [(measure.name, measure.value) for measure in description.measures] == [
        ("readings", "4")
    ]
    assert Description.parse(description.to_bytes()) == description


def test_without_readings_nothing_is_described(labelled: Path) -> None:
    (labelled / "readings" / "pier.csv").unlink()
    with pytest.raises(CheckFailed, match="no reading"):
        describe(labelled)


def test_the_licence_described_is_that_of_the_example(tmp_path: Path) -> None:
    clean(EXAMPLE, tmp_path / "clean")
    label(tmp_path / "clean", tmp_path / "labelled")
    licence = describe(tmp_path / "labelled").licence
    assert f"(SPDX `{licence}`)" in (EXAMPLE / "README.md").read_text("utf-8")


def test_the_example_goes_all_the_way(tmp_path: Path) -> None:
    cleaned = clean(EXAMPLE, tmp_path / "clean")
    labels = label(tmp_path / "clean", tmp_path / "labelled")
    checked = validate(tmp_path / "labelled")
    dropped = ("rows_without_value_dropped", "repeated_rows_dropped")
    assert cleaned["rows_read"] == cleaned["rows_kept"] + sum(cleaned[name] for name in dropped)
    assert checked == Counter(
        readings=cleaned["rows_kept"], reports=cleaned["reports_kept"], images=4
    )
    assert sum(labels.values()) == sum(checked.values())
    # Every kind of dirt is there, or the demo would show less than it says.
    assert all(cleaned.values())
    # An independent count of the raw lines.
    files = list(EXAMPLE.glob("readings/*.csv"))
    lines = sum(path.read_bytes().count(b"\n") for path in files)
    assert cleaned["rows_read"] == lines - len(files)
    assert cleaned["rows_kept"] + cleaned["rows_without_value_dropped"] <= 3 * 2 * 120


def test_the_sample_is_a_part_of_the_readings_and_the_model_its_means(tmp_path: Path) -> None:
    source = tmp_path / "many"
    (source / "readings").mkdir(parents=True)
    header = "station,time,pollutant,value,unit,label"
    rows = [
        f"pier,2026-03-02T{h:02}:00:00Z,no2,{v}.0,µg/m³,good" for h in (7, 8) for v in range(90)
    ]
    (source / "readings" / "pier.csv").write_text("\n".join([header, *rows]) + "\n", "utf-8")
    counts = sample(source, tmp_path / "sample")
    taken = (tmp_path / "sample" / SAMPLE_TABLE).read_text("utf-8").splitlines()
    assert taken[0] == header
    assert set(taken[1:]) < set(rows)
    assert counts == Counter(readings=180, taken=len(taken) - 1)
    assert 5 < len(taken) < 60

    trained = train(tmp_path / "sample", tmp_path / "model")
    assert trained["readings"] == counts["taken"]
    values = [int(row.split(",")[3][:-2]) for row in taken[1:] if "T07" in row]
    mean = f'"07": "{sum(values) / len(values):.1f}"'
    assert mean in (tmp_path / "model" / MODEL_FILE).read_text("utf-8")
