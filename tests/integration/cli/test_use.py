"""The use of data by the commands alone, on a real chain; its runs by the owner's own program."""

from pathlib import Path

from command_line import CommandLine
from uses import ANSWER, MACHINE, QUERY

from dataledger.chain.signers import open_signer
from dataledger.ledger import Cost, Ledger, new_run_id

OWNER, REGULATOR, CONSUMER = (["--account", name] for name in ("dev1", "dev5", "dev8"))


def test_from_a_project_to_a_receipt(dataledger: CommandLine, data: Path) -> None:
    dataledger.ok("org", "admit", "north", "--admin", "dev8", "-c", "CONSUMER")
    dataledger.ok("dataset", "register", "used", data, *OWNER)
    dataledger.ok("advance", "acme/used", "COLLECTED", "--tool", "t@1", *OWNER)
    dataledger.ok("budget", "set", "acme/used", "--epsilon", "1", "--delta", "1e-9", *OWNER)

    propose = ("project", "propose", "--title", "Roads", "--purpose", "research", *CONSUMER)
    project = dataledger.apart.ok(*propose)["arguments"]["project"]
    assert dataledger.ok(*propose)["already_there"] is True
    ask = ("request", "acme/used", "--project", project, "--purpose", "research", *CONSUMER)
    early = dataledger(*ask, "--json")
    assert (early.code, early.error["error_name"]) == (1, "ProjectNotApproved")
    dataledger.ok("project", "approve", project, "--until", "+365d", *REGULATOR)
    shown = dataledger.ok("project", "show", project)
    assert shown["project"]["state"] == "APPROVED"
    assert shown["document"]["applicant"] == "north"

    grant = dataledger.ok(*ask)["arguments"]["grant"]
    (waiting,) = dataledger.ok("grant", "list", "--owner", "acme", "--state", "requested")["grants"]
    assert waiting["id"] == grant
    approve = ("grant", "approve", grant, "--until", "2040-01-01", "--stage", "collected", *OWNER)
    dataledger.ok(*approve, "--epsilon", "0.5", "--executor", "dev9")
    again = dataledger(*approve, "--exact", "--json")
    assert (again.code, again.error["error_name"]) == (1, "NotRequested")
    dataledger.ok("budget", "classify", "acme/used", 2, *OWNER)
    stopped = dataledger.ok("grant", "show", grant)
    assert stopped["why_not"]["error_name"] == "CosignatureMissing"
    dataledger.ok("grant", "cosign", grant, *REGULATOR)
    usable = dataledger.ok("grant", "show", grant)
    assert (usable["usable"], usable["policy"]["@type"]) == (True, "Agreement")
    assert "It can be used now" in dataledger("grant", "show", grant).out

    def never() -> str:
        raise AssertionError

    signer, executor = (open_signer(n, never, home=dataledger.home) for n in ("dev1", "dev9"))
    with Ledger.connect("devnet", signer=signer, home=dataledger.home) as ledger:
        run = new_run_id()
        ledger.runs.reserve(grant, run, QUERY, Cost(300_000))
        receipt = ledger.runs.prepare(
            grant, run, environment=MACHINE, output=ANSWER, spent=Cost(250_000)
        )
        ledger.runs.settle(receipt, [receipt.sign(executor)])

    for which in (["acme/used"], [grant], ["--output", ANSWER]):
        (found,) = dataledger.ok("receipts", *which)["runs"]
        assert (found["run"], found["receipt"]["output"]) == (str(run), str(ANSWER))
    budget = dataledger.apart.ok("budget", "show", "acme/used")["budget"]
    assert budget["left"] == {"micro": 750_000, "delta_pico": 1_000}

    dataledger.ok("grant", "revoke", grant, "--reason", "over", *REGULATOR)
    dataledger.ok("project", "end", project, "--reason", "done", *CONSUMER)
    for line in (f"project show {project}", "project list", f"grant show {grant}", "grant list"):
        drawn = dataledger(*line.split())
        assert drawn.code == 0
        assert "\x1b" not in drawn.out
    assert "cannot be used now" in dataledger("grant", "show", grant).out


def test_what_means_nothing_is_refused_with_what_to_do(dataledger: CommandLine) -> None:
    nothing = "0x" + "12" * 32
    for line in (f"project show {nothing}", f"grant show {nothing}", f"receipts {nothing}"):
        refused = dataledger(*line.split(), "--json")
        assert (refused.code, refused.error["code"]) == (2, "not-found")
        assert refused.error["remedy"]
    malformed = dataledger("grant", "show", "mine", "--json")
    assert (malformed.code, malformed.error["code"]) == (2, "invalid-identifier")
