"""Workers for records: what their processes are set up with."""

import platform
import subprocess
import sys
import textwrap

import pytest

PROGRAM = textwrap.dedent("""
    import resource
    from dataledger.manifest.records.workers import Kind, side_by_side

    def new_pages(_):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        b"-" * (16 * 1024 * 1024)
        return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

    def pool_of_arrow(_):
        import pyarrow
        return pyarrow.default_memory_pool().backend_name

    with side_by_side(Kind.PROCESSES, 1) as run:
        pages = list(run(new_pages, range(4)))
        print(max(pages[1:]) * 10 < pages[0], *run(pool_of_arrow, [None]))
""")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told so")
def test_a_worker_process_uses_again_what_memory_it_has_freed() -> None:
    printed = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, check=True, text=True, timeout=60
    ).stdout
    assert printed.split() == ["True", "system"]
