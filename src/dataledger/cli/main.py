"""The command `dataledger`: its subcommands, and how everything that goes wrong ends."""

import io
import sys
from typing import Any, NoReturn

import click

from dataledger.cli.command import Group
from dataledger.cli.failure import exit_code_of, report
from dataledger.cli.session import Session

_COMMANDS = "dataledger.cli.commands"


class Main(Group):
    """The outermost group: every error ends as words on standard error and an exit code."""

    def main(self, *positional: Any, **named: Any) -> NoReturn:
        """Run one command and end the process, with a `dataledger.errors.ExitCode`."""
        session = named.setdefault("obj", Session())
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                # A terminal of another encoding shows escapes, and nothing ends for it.
                stream.reconfigure(errors="backslashreplace")
        try:
            code = super().main(*positional, **{**named, "standalone_mode": False})
        except SystemExit:
            raise
        except BaseException as error:  # noqa: BLE001 - the outermost place; KeyboardInterrupt too
            # What fails to parse may stand before the option that asks for JSON.
            arguments = named.get("args") or sys.argv[1:]
            report(error, as_json=session.as_json or "--json" in arguments)
            code = exit_code_of(error)
        sys.exit(code if isinstance(code, int) else 0)


@click.group(
    "dataledger",
    cls=Main,
    lazy={
        "demo": "dataledger.cli.demo:demo",
        "devnet": f"{_COMMANDS}.devnet:devnet",
        "deploy": f"{_COMMANDS}.deploy:deploy",
        "profile": f"{_COMMANDS}.profile:profile",
        "account": f"{_COMMANDS}.account:account",
        "secret": f"{_COMMANDS}.secret:secret",
        "org": f"{_COMMANDS}.org:org",
        "member": f"{_COMMANDS}.member:member",
        "policy": f"{_COMMANDS}.policy:policy",
        "fingerprint": f"{_COMMANDS}.fingerprint:fingerprint",
        "diff": f"{_COMMANDS}.diff:diff",
        "dataset": f"{_COMMANDS}.dataset:dataset",
        "activity": f"{_COMMANDS}.activity:activity",
        "advance": f"{_COMMANDS}.lifecycle:advance",
        "approve": f"{_COMMANDS}.lifecycle:approve",
        "recall": f"{_COMMANDS}.lifecycle:recall",
        "verify": f"{_COMMANDS}.verify:verify",
        "prove": f"{_COMMANDS}.proof:prove",
        "verify-proof": f"{_COMMANDS}.proof:verify_proof",
        "presentation": f"{_COMMANDS}.presentation:presentation",
        "project": f"{_COMMANDS}.project:project",
        "request": f"{_COMMANDS}.grant:request",
        "grant": f"{_COMMANDS}.grant:grant",
        "revoke": f"{_COMMANDS}.grant:revoke",
        "budget": f"{_COMMANDS}.budget:budget",
        "receipts": f"{_COMMANDS}.budget:receipts",
        "query": f"{_COMMANDS}.query:query",
        "psi": f"{_COMMANDS}.psi:psi",
        "train": f"{_COMMANDS}.train:train",
        "algorithm": f"{_COMMANDS}.algorithm:algorithm",
        "node": f"{_COMMANDS}.node:node",
        "index": f"{_COMMANDS}.index:index",
        "audit": f"{_COMMANDS}.audit:audit",
        "evidence": f"{_COMMANDS}.evidence:evidence",
        "export": f"{_COMMANDS}.export:export",
        "coverage": f"{_COMMANDS}.coverage:coverage",
        "sign": f"{_COMMANDS}.sign:sign",
        "relay": f"{_COMMANDS}.sign:relay",
        "outbox": f"{_COMMANDS}.outbox:outbox",
    },
    examples=[
        "dataledger demo",
        "dataledger fingerprint data/",
        "dataledger devnet up && dataledger deploy",
        "dataledger verify data/ acme/roads",
    ],
)
@click.version_option(package_name="dataledger", message="%(prog)s %(version)s")
def main() -> None:
    """Keep one trustworthy record of datasets that stay where they are.

    Fingerprint data where it lies, register it, move it through its lifecycle with evidence, and
    check every claim against the chain.

    Exit codes: 0 done; 1 a check failed or a contract refused; 2 the input must change; 3 the chain
    cannot be used; 130 interrupted.
    """
