"""Starts an algorithm inside the sandbox, under limits that it cannot lift. Runs nowhere else.

    python -I -S -B inside.py MEMORY_BYTES FILE_BYTES SECONDS TASKS

Once the limits hold, it writes one byte, and waits for one: then the node watches. Whatever the
algorithm writes after that, nobody reads. This file stands alone: only Python's own library is
there.
"""

import os
import resource
import runpy
import sys

ALGORITHM = "/algorithm.py"
PACKAGES = "/packages"
OPEN_FILES = 256
NICENESS = 10


def main(arguments: list[str]) -> None:
    """Take the limits on, say so, and become the algorithm."""
    memory_bytes, file_bytes, seconds, tasks = map(int, arguments)
    os.nice(NICENESS)
    for limit, value in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, file_bytes),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_NPROC, tasks),
        (resource.RLIMIT_AS, memory_bytes),
    ):
        hard = resource.getrlimit(limit)[1]
        # Where less is allowed already, less it stays.
        least = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(limit, (least, least))
    os.write(1, b"1")
    if not os.read(0, 1):
        return  # nobody watches
    nowhere = os.open("/dev/null", os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    os.closerange(3, OPEN_FILES)
    sys.argv[:] = [ALGORITHM]
    sys.path.append(PACKAGES)
    runpy.run_path(ALGORITHM, run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1:])
