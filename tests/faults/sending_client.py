"""A client process for tests: sends through the outbox, and may kill itself at a step.

    python sending_client.py HOME SIGNER CONTRACT FIRST COUNT [STEP]

does the things FIRST … FIRST + COUNT - 1 with the contract of `once_contract`, waits for all, and
prints the nonces they got. With STEP it sends itself SIGKILL when it reaches that step.
"""

import json
import os
import signal
import sys
from pathlib import Path

from once_contract import perform

from dataledger.chain.connection import connect
from dataledger.chain.identifiers import to_operation_id
from dataledger.chain.outbox import Entry, Outbox, Step
from dataledger.chain.profile import Profile
from dataledger.chain.signers import open_signer
from dataledger.contracts.identifiers import to_address


def main(arguments: list[str]) -> None:
    home, signer_name, contract = Path(arguments[0]), arguments[1], to_address(arguments[2])
    first, count = int(arguments[3]), int(arguments[4])
    fatal = Step(arguments[5]) if len(arguments) > 5 else None

    def observe(step: Step, _entry: Entry) -> None:
        if step is fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    signer = open_signer(signer_name, "", home=home)
    with Outbox(connect(Profile.load("devnet", home)), home=home, observer=observe) as outbox:
        submissions = [
            outbox.submit(signer, to_operation_id(f"do:{n}"), to=contract, data=perform(n))
            for n in range(first, first + count)
        ]
        for submission in submissions:
            submission.wait(60)
        nonces = [outbox.entry(submission.operation_id).nonce for submission in submissions]
    sys.stdout.write(json.dumps(nonces))


if __name__ == "__main__":
    main(sys.argv[1:])
