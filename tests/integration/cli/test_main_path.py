"""The main job by the commands alone, on a real chain."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest
from command_line import CommandLine

STEPS = [
    ("COLLECTED", "dev1"),
    ("CLEANED", "dev2"),
    ("LABELED", "dev3"),
    ("VALIDATED", "dev1"),
    ("AUDITED", "dev4"),
    ("PUBLISHED", "dev1"),
]


def test_from_registration_to_recall(dataledger: CommandLine, data: Path, tmp_path: Path) -> None:
    manifest, activity, proof = (tmp_path / f"{n}.json" for n in ("manifest", "activity", "proof"))
    fingerprint = dataledger.apart.ok("fingerprint", data, "-o", manifest)
    registered = dataledger.apart.ok("dataset", "register", "air", data, "--account", "dev1")
    record = registered["arguments"]["record"]
    for key in ("content_root", "manifest_digest", "file_count", "size_bytes"):
        assert record[key] == fingerprint[key]
    again = dataledger.ok("--account", "dev1", "dataset", "register", "air", data)
    assert again["already_there"] is True
    assert again["transaction_hash"] == registered["transaction_hash"]

    dataledger.ok(
        *("activity", "new", "--type", "collect", "--tool", "curl@8", "--input", "acme/air@1"),
        *("-o", activity, "--account", "dev1"),
    )
    for stage, account in STEPS:
        evidence = ["--activity", activity] if stage == "COLLECTED" else ["--tool", "tool@1"]
        step = dataledger.ok("advance", "acme/air", stage, *evidence, "--account", account)
        assert step["event"] == "Advanced"
    shown = dataledger.ok("dataset", "show", "acme/air")
    assert shown["dataset"]["stage_name"] == "PUBLISHED"
    history = dataledger.ok("dataset", "history", "acme/air")
    assert [event["event"] for event in history["events"]] == [
        "DatasetRegistered",
        *["Advanced"] * len(STEPS),
    ]
    assert history["head"] == shown["dataset"]["head"]

    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(data, elsewhere)
    assert dataledger.ok("verify", elsewhere, "acme/air")["verified"] is True
    (elsewhere / "readings.csv").write_text("day,value\n1,3\n")
    (elsewhere / "new.csv").write_text("")
    (elsewhere / "labels.jsonl").unlink()
    differs = dataledger.apart("verify", elsewhere, "acme/air", "--json")
    assert differs.code == 1
    assert differs.document["verified"] is False
    assert differs.document["changed"] == ["readings.csv"]
    assert differs.document["added"] == ["new.csv"]
    assert differs.document["removed"] == ["labels.jsonl"]

    dataledger.ok("prove", "acme/air", "--file", "readings.csv", "-o", proof)
    checked = dataledger.apart.ok(
        "verify-proof", proof, "--on-chain", "--data", data / "readings.csv"
    )
    assert checked["against"] == "chain"
    digest = hashlib.sha256((data / "readings.csv").read_bytes()).hexdigest()
    assert checked["digest"] == f"sha256:{digest}"

    child = dataledger.ok(
        *("dataset", "register", "model", elsewhere, "--account", "dev1"),
        *("--parent", "acme/air@1:TRAINED_ON"),
    )
    recalled = dataledger.ok(
        *("recall", "acme/air", "1", "--severity", "critical", "--reason", "wrong sensor"),
        *("--account", "dev5"),
    )
    (tainted,) = recalled["tainted"]
    assert tainted["version"]["dataset"] == child["arguments"]["dataset"]
    lineage = dataledger.ok("dataset", "lineage", "acme/model")
    assert lineage["ancestors"][0]["relation"] == "TRAINED_ON"
    assert len(lineage["recalled_ancestors"]) == 1
    warned = dataledger("verify", elsewhere, "acme/model")
    assert warned.code == 0
    assert "tainted: acme/air@1" in warned.out


def test_an_action_is_signed_here_and_relayed_by_another(
    dataledger: CommandLine, data: Path, tmp_path: Path
) -> None:
    file = tmp_path / "register.json"
    signed = dataledger.ok(
        *("sign", "register", "offline", data, "-o", file, "--account", "dev1"),
        *("--valid-for", "1h"),
    )
    before = dataledger.head_block()
    relayed = dataledger.ok("relay", file, "--account", "dev9")
    assert dataledger.head_block() == before + 1
    assert relayed["arguments"]["by"] == signed["signer"]
    assert dataledger.ok("dataset", "show", "acme/offline")["dataset"]["owner_slug"] == "acme"


def test_an_account_of_ones_own(dataledger: CommandLine, tmp_path: Path) -> None:
    secret = tmp_path / "passphrase.txt"
    secret.write_text("correct horse battery staple\n")
    account = ["--account", "carol", "--passphrase-file", secret]
    made = dataledger.ok("account", "new", "carol", "--passphrase-file", secret)
    dataledger.ok("member", "add", "acme", "carol", "--until", "+90d", "--account", "dev1")
    member = dataledger.ok("member", "show", "carol")["member"]
    assert (member["key"], member["role"]) == (made["address"], "OPERATOR")
    registered = dataledger.ok("dataset", "register", "hers", *account)
    assert registered["arguments"]["by"] == made["address"]
    (tmp_path / "wrong.txt").write_text("wrong")
    before = dataledger.head_block()
    wrong = ["--account", "carol", "--passphrase-file", tmp_path / "wrong.txt"]
    refused = dataledger("dataset", "register", "others", *wrong, "--json")
    assert (refused.code, refused.error["code"]) == (2, "wrong-passphrase")
    assert dataledger.head_block() == before


def test_another_chain_by_its_url(dataledger: CommandLine) -> None:
    url = dataledger.ok("profile", "show")["endpoints"][0]
    deployed = dataledger.ok(
        *("deploy", "--rpc", url, "--profile", "region", "--account", "dev7"),
        *("--slug", "region", "--name", "Region"),
    )
    assert deployed["profile"]["name"] == "region"
    assert deployed["policy"]["arguments"]["policy"] == 1
    root = dataledger.ok("org", "show", "1", "--profile", "region")["organisation"]
    assert (root["slug"], root["name"]) == ("region", "Region")
    again = dataledger("deploy", "--rpc", url, "--profile", "region", "--account", "dev7", "--json")
    assert (again.code, again.error["code"]) == (2, "profile-error")


def test_nothing_is_left_in_the_outbox(dataledger: CommandLine) -> None:
    assert dataledger.ok("outbox", "reconcile") == {"in_flight": [], "reconciled": True}


def test_the_stories_for_people_are_free_of_escapes(dataledger: CommandLine) -> None:
    for line in ("org list", "policy show", "member list", "profile show", "devnet status"):
        ended = dataledger(*line.split())
        assert ended.code == 0
        assert ended.out.replace("\n", "").isprintable()
        with pytest.raises(json.JSONDecodeError):
            json.loads(ended.out)
