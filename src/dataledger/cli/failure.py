"""How what goes wrong is told: what, which value, and what to do.

Never by a traceback, unless `DATALEDGER_DEBUG` is 1.
"""

import os
import traceback
from typing import TYPE_CHECKING

import click

from dataledger.errors import DataLedgerError, ExitCode

if TYPE_CHECKING:
    from dataledger.hashing import JsonValue

DEBUG_VARIABLE = "DATALEDGER_DEBUG"
INTERRUPTED = 130
"""128 + SIGINT, as shells report it."""
DEFECT = 70
"""EX_SOFTWARE of BSD's sysexits.h: an error that nobody foresaw."""


def exit_code_of(error: BaseException) -> int:
    """Return the exit code for what ended a command."""
    match error:
        case DataLedgerError():
            return error.exit_code
        case click.exceptions.Exit():
            return error.exit_code
        case click.ClickException():
            return ExitCode.USAGE
        case click.Abort() | KeyboardInterrupt():
            return INTERRUPTED
        case _:
            return DEFECT


def report(error: BaseException, *, as_json: bool) -> None:
    """Print an error on standard error."""
    if isinstance(error, click.exceptions.Exit):
        return
    if os.environ.get(DEBUG_VARIABLE) == "1":
        traceback.print_exception(error)
    document = _document(error)
    if as_json:
        from dataledger.cli.render.document import json_text

        click.echo(json_text({"error": document}), err=True)
        return
    from dataledger.cli.render.screen import Screen

    screen = Screen(to_stderr=True)
    screen.failure(str(document["message"]))
    screen.hint(str(document["remedy"]))


def _document(error: BaseException) -> "dict[str, JsonValue]":
    """Return code, message, remedy, and all else that the error carries."""
    if isinstance(error, DataLedgerError):
        from dataledger.cli.render.document import document_of

        rest = {key: document_of(value) for key, value in vars(error).items() if key[0] != "_"}
        return {"code": error.code, "message": str(error), **rest}
    if isinstance(error, click.ClickException):
        context = getattr(error, "ctx", None)
        path = context.command_path if context is not None else "dataledger"
        return {
            "code": "usage-error",
            "message": error.format_message(),
            "remedy": f"See `{path} --help`.",
        }
    if isinstance(error, click.Abort | KeyboardInterrupt):
        return {
            "code": "interrupted",
            "message": "Interrupted.",
            "remedy": "What was sent stays sent; `dataledger outbox list` shows it.",
        }
    return {
        "code": "defect",
        "message": f"DataLedger failed unexpectedly: {type(error).__name__}: {error}",
        "remedy": f"Run it again with {DEBUG_VARIABLE}=1, and report what it prints.",
    }
