"""`python -m dataledger` is the command `dataledger`."""

from dataledger.cli.main import main

main(prog_name="dataledger")
