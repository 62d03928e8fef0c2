"""Admits the organisations that a file names: `ape run admit FILE`."""

from pathlib import Path

import click
from ape.api import AccountAPI
from ape.cli import account_option
from scripts._administration import (
    Script,
    home_option,
    open_profile,
    profile_option,
    say_sent,
    send,
    simulate,
)
from scripts._admissions import Problem, read_admissions, refused

from dataledger.contracts import organisations
from dataledger.contracts.types import Admission
from dataledger.errors import NotFound, Refused, shown
from dataledger.ledger import Ledger
from dataledger.ledger.results import Organisation


@click.command(cls=Script)
@click.argument("file", type=click.Path(path_type=Path))
@account_option()
@profile_option
@home_option
def cli(file: Path, account: AccountAPI, profile: str, home: Path | None) -> None:
    """Admit the organisations in FILE (YAML, JSON or CSV) below the account's own.

    Every row is checked first, and would be taken by the contract, or nothing is sent. What is
    admitted already as its row says is left as it is, so that a run that broke off can be repeated.
    """
    admissions = read_admissions(file)
    connection = open_profile(profile, home)
    problems: list[Problem] = []
    new: list[Admission] = []
    with Ledger.connect(connection.profile, home=home) as ledger:
        for row, admission in enumerate(admissions, start=1):
            try:
                there = ledger.organisations.get(admission.slug)
            except NotFound:
                new.append(admission)
                try:
                    simulate(connection, account, organisations.admit(admission))
                except Refused as refusal:
                    problems.append(Problem(row, str(refusal)))
                continue
            differences = compare(ledger, there, admission)
            problems += [Problem(row, f"{admission.slug} is there, and {d}.") for d in differences]
    if problems:
        raise refused(file, problems)
    for admission in new:
        receipt = send(connection, account, organisations.admit(admission))
        say_sent(receipt, f"Admitted {admission.slug}")
    click.echo(f"{len(new)} admitted, {len(admissions) - len(new)} there already.")


def compare(ledger: Ledger, there: Organisation, admission: Admission) -> list[str]:
    """Say in which respects an organisation is not what a row says."""
    pairs = {
        "its name is {}": (shown(there.name), shown(admission.name)),
        "it holds {}": (there.capabilities.names, admission.capabilities.names),
        "it may grant {}": (there.grantable.names, admission.grantable.names),
        "its profile is {}": (there.profile_digest, admission.profile_digest),
    }
    found = [words.format(was) for words, (was, said) in pairs.items() if was != said]
    keys = {member.key for member in ledger.members.list(there.id)}
    if admission.admin not in keys:
        found.append(f"{admission.admin} is none of its keys")
    return found
