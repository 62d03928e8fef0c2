"""A configuration to begin with: every key, with what holds where it is left out."""

import json
from collections.abc import Sequence

FILE_NAME = "node.toml"

_TEXT = """\
# An owner's node: `dataledger node check` says what it would serve, `node serve` does so.
# Paths are relative to this file. A line of "# key = value" shows what holds without that key.

listen = {listen}
account = {account}
# executors = []              # accounts that sign receipts, besides `account`
state = "state"               # the journal, the answers and the log: on a local disk, private
{profile}
# answer_days = 7             # how long answers can be fetched again
# plain_http = false          # true: others may reach it without [tls]; they could read answers on
                              # the way, unless something else protects that

{datasets}
[limits]
# requests_per_minute = 60    # of one organisation, on average
# burst = 20                  # of one organisation, at once
# body_bytes = 67108864       # of one request
# concurrent_runs = 2         # computed at once; others wait
# age_seconds = 300           # how long after it was signed a request is taken
# open_runs = 20              # of one organisation, computed or waiting at once

[privacy]
# units = []                  # columns that name whom the data is about; declared work must have
                              # one of them as its unit. Without any, who asks declares the unit

[matching]
# columns = []                # that may be matched
# least_items = 100           # a smaller set, on either side, asks about single items
# items_per_day = 1000000     # that one organisation may compare with one dataset
# runs_per_day = 10           # of one organisation on one dataset
# reveal_ids = false          # true: which items are shared, and not only how many

[sandbox]
# seconds = 60
# memory_bytes = 1073741824
# processes = 32
# scratch_bytes = 268435456
# output_bytes = 65536
# parameters = false          # true: whoever asks may give an algorithm parameters of their choice

[federated]
# host = "127.0.0.1"          # where it listens for other nodes
# advertise = "127.0.0.1"     # where they reach it; by default, `host`
# first_port = 0              # it takes a free port from here …
# last_port = 0               # … to here; both 0: any
# seconds = 120               # the longest that a computation together may take
# peers = []                  # the only hosts that it calls; [] is all that others' offers name

# [tls]
# certificate = "node.pem"    # PEM, with those that it comes from
# key = "node.key"            # PEM, without a passphrase
"""
_DATASET = """\
[[datasets]]
dataset = {dataset}
folder = {folder}
# manifest = "manifest.json"  # by default, from this machine's documents
# version = 1                 # by default, the manifest's, or the current one
# secret = "roads"            # of its salted records, where work needs them: a name, or a path
"""
_NO_DATASET = "".join(
    f"# {line}\n" if line and line[0] != "#" else f"{line}\n"
    for line in _DATASET.format(dataset='"acme/roads"', folder='"/data/roads"').splitlines()
)


def starter(
    *, account: str, listen: str, profile: str | None, datasets: Sequence[tuple[str, str]]
) -> str:
    """Return the text of a configuration.

    Args:
        account: Who acts for the datasets' owner.
        listen: `HOST:PORT`.
        profile: The chain's; None: the one that the command line takes.
        datasets: Datasets, each with its folder.
    """
    return _TEXT.format(
        listen=_quoted(listen),
        account=_quoted(account),
        profile='# profile = "devnet"' if profile is None else f"profile = {_quoted(profile)}",
        datasets="\n".join(
            _DATASET.format(dataset=_quoted(name), folder=_quoted(folder))
            for name, folder in datasets
        )
        or _NO_DATASET,
    )


def _quoted(text: str) -> str:
    # A basic string of TOML escapes as JSON does.
    return json.dumps(text, ensure_ascii=False)
