"""`node_process`, which keeps in $DATALEDGER_TEST_RECORD what is said to other nodes within TLS.

`adds` has the vectors that the node adds to the others', as lines of JSON.
"""

import json
import os
import runpy
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from nodes import TEST_PROCESS
from sharing import recording

from dataledger.node.federated import worker

FOLDER = Path(os.environ["DATALEDGER_TEST_RECORD"])


class RecordingWorker(worker.Worker):
    """A process that computes with others, of which it is kept what it is told."""

    def add(self, values: Sequence[int]) -> list[int]:
        with (FOLDER / "adds").open("a") as file:
            file.write(json.dumps(list(values)) + "\n")
        return super().add(values)


if __name__ == "__main__":
    worker.COMMAND = recording(FOLDER)
    worker.Worker = RecordingWorker  # type: ignore[misc]
    runpy.run_path(str(TEST_PROCESS), run_name="__main__")
