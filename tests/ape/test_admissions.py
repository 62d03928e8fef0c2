"""Files of organisations to admit: the same in every format, and refused as a whole."""

import json
from pathlib import Path
from types import ModuleType

import pytest

from dataledger.contracts.identifiers import WITHOUT_END, to_address, to_slug
from dataledger.contracts.types import NO_CAPABILITY, Admission, Capability
from dataledger.errors import InvalidArgument, SourceNotFound, UsageError
from dataledger.hashing import Digest

KEY = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
OTHER = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"
ROWS = [
    {"slug": "city", "name": "City, Office", "capabilities": ["CUSTODIAN"], "admin": KEY},
    {
        "slug": "lab",
        "name": "Lab",
        "capabilities": ["CUSTODIAN", "CONSUMER"],
        "grantable": ["CONSUMER"],
        "admin": OTHER.lower(),
        "admin_valid_until": "2099-12-31",
        "profile_digest": str(Digest.of(b"profile")),
    },
]
YAML = f"""
- slug: city
  name: City, Office
  capabilities: [CUSTODIAN]
  admin: "{KEY}"
- slug: lab
  name: Lab
  capabilities: CUSTODIAN CONSUMER
  grantable: [CONSUMER]
  admin: "{OTHER.lower()}"
  admin_valid_until: 2099-12-31
  profile_digest: {Digest.of(b"profile")}
"""
CSV = f"""\
slug,name,capabilities,admin,grantable,admin_valid_until,profile_digest
city,"City, Office",CUSTODIAN,{KEY},,,
lab,Lab,CUSTODIAN CONSUMER,{OTHER.lower()},CONSUMER,2099-12-31,{Digest.of(b"profile")}
"""


@pytest.mark.parametrize(
    ("name", "text"),
    [("a.yaml", YAML), ("a.YML", YAML), ("a.json", json.dumps(ROWS)), ("a.csv", "\ufeff" + CSV)],
)
def test_every_format_says_the_same(
    tmp_path: Path, admissions: ModuleType, name: str, text: str
) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    city, lab = admissions.read_admissions(tmp_path / name)
    assert city == Admission(
        slug=to_slug("city"),
        name="City, Office",
        capabilities=Capability.CUSTODIAN,
        grantable=NO_CAPABILITY,
        admin=to_address(KEY),
        admin_valid_until_unix=WITHOUT_END,
        profile_digest=None,
    )
    assert lab == Admission(
        slug=to_slug("lab"),
        name="Lab",
        capabilities=Capability.CUSTODIAN | Capability.CONSUMER,
        grantable=Capability.CONSUMER,
        admin=to_address(OTHER),
        admin_valid_until_unix=4_102_358_400,
        profile_digest=Digest.of(b"profile"),
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"slug": "City Office"}, "row 2: 'City Office' is not a slug"),
        ({"slug": "city"}, "row 2: it has the slug 'city' of row 1"),
        ({"slug": None}, "row 2: The field 'slug' is missing"),
        ({"name": ""}, "row 2: '' is not a name"),
        ({"name": "a\x1b[2J"}, r"row 2: 'a\\x1b\[2J' is not a name"),
        ({"name": "ä" * 129}, "is not a name"),
        ({"capabilities": ["OWNER"]}, "row 2: 'OWNER' is no capability"),
        ({"capabilities": 3}, "row 2: 3 are no capabilities"),
        ({"admin": KEY}, f"row 2: it has the admin '{KEY.lower()}' of row 1"),
        ({"admin": "0x123"}, "row 2: '0x123' is not an address"),
        ({"admin": KEY[:-1] + "9"}, "row 2: .*not an address|wrong checksum"),
        ({"admin": "0x" + "0" * 40}, "row 2: .* is nobody's key"),
        ({"admin": int(OTHER, 16)}, "row 2: The field 'admin' is .* no text. Put it in quotes"),
        ({"admin_valid_until": "2020-01-01"}, "row 2: The membership would have ended"),
        ({"admin_valid_until": "soon"}, "row 2: 'soon' is not a time"),
        ({"profile_digest": "sha256:12"}, "row 2: "),
        ({"colour": "red"}, "row 2: The field 'colour' is unknown"),
    ],
)
def test_a_bad_row_is_named_and_the_file_refused(
    tmp_path: Path, admissions: ModuleType, change: dict[str, object], message: str
) -> None:
    # As text: the JSON reader refuses integers that large by itself.
    rows = [ROWS[0], ROWS[1] | change]
    (tmp_path / "a.yaml").write_text(json.dumps(rows), "utf-8")
    with pytest.raises(InvalidArgument, match=message) as caught:
        admissions.read_admissions(tmp_path / "a.yaml")
    assert "nothing was sent" in str(caught.value)
    assert "row 1:" not in str(caught.value)


def test_every_bad_row_is_named(tmp_path: Path, admissions: ModuleType) -> None:
    rows = [{"slug": "-"}, *ROWS, "no organisation"]
    (tmp_path / "a.json").write_text(json.dumps(rows), "utf-8")
    with pytest.raises(InvalidArgument) as caught:
        admissions.read_admissions(tmp_path / "a.json")
    lines = str(caught.value).splitlines()
    assert [line.split(":")[0].strip() for line in lines[1:]] == ["row 1", "row 4"]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.txt", b"slug"),
        ("a.json", b"{}"),
        ("a.json", b"[]"),
        ("a.json", b'[{"slug": "a", "slug": "b"}]'),
        ("a.json", b"[" * 10_000),
        ("a.yaml", b"- slug: [unclosed"),
        ("a.yaml", b"- !!python/object:os.system {}"),
        ("a.yaml", b"\xff\xfe\x00"),
        ("a.yaml", b""),
        ("a.csv", b"slug,name\n\xff,x\n"),
        ("a.csv", b"slug,name,capabilities,admin\n"),
        ("a.csv", b'slug,name,capabilities,admin\n"open'),
        ("a.csv", b"slug,name,capabilities,admin\na,b,AUDITOR,0x1,one,two\n"),
    ],
)
def test_what_is_no_such_file_is_refused(
    tmp_path: Path, admissions: ModuleType, name: str, data: bytes
) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(UsageError):
        admissions.read_admissions(tmp_path / name)


def test_a_missing_file_is_named(tmp_path: Path, admissions: ModuleType) -> None:
    with pytest.raises(SourceNotFound, match=r"absent\.yaml"):
        admissions.read_admissions(tmp_path / "absent.yaml")


def test_the_sample_file_can_be_read(admissions: ModuleType) -> None:
    sample = Path(__file__).resolve().parents[2] / "examples" / "organisations.yaml"
    assert len(admissions.read_admissions(sample)) == 3
