"""Running code in a sandbox of bubblewrap: namespaces of its own, no network, no privilege.

What the code can reach is what is mounted: see `_arguments`. It ends when the node does.
"""

import logging
import os
import select
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import IO

from dataledger.errors import AnswerWithheld, DependencyMissing, NodeRefused, shown
from dataledger.node.rules import SandboxRules
from dataledger.node.sandbox import inside, limits, runtime
from dataledger.node.sandbox.filter import filter_program

PARAMETERS = "/parameters.json"
OUTPUT = "/output/answer"
SCRATCH = "/tmp"  # noqa: S108 - of the sandbox, where it is empty and of nobody else

START_SECONDS = 30.0
"""How long the sandbox may take until the algorithm starts."""

_INSIDE = "/inside.py"
_NOBODY = "65534"
_WORDS_BYTES = 400
_PROBE = b"open('/output/answer', 'w').write('ready')"
_REMEDY = "docs/algorithms.md says what an algorithm may take, and what it may give."

_log = logging.getLogger(__name__)


def require_sandbox() -> None:
    """Return only if code can be run in a sandbox here. Tried once, as long as it works.

    Raises:
        NodeRefused: it cannot (`no-sandbox`); nothing is ever run without one.
    """
    try:
        _tried()
    except (AnswerWithheld, DependencyMissing) as error:
        raise NodeRefused(
            f"This node cannot run algorithms: {error}",
            remedy=f"Tell its owner: {error.remedy}",
            reason="no-sandbox",
        ) from error


def isolation() -> str:
    """Return what keeps an algorithm apart, for a receipt's environment."""
    try:
        words = subprocess.run(
            [_program(), "--version"], capture_output=True, check=True, timeout=START_SECONDS
        ).stdout.decode("ascii", "replace")
    except (DependencyMissing, OSError, subprocess.SubprocessError):
        return "none"
    return f"{' '.join(words.split())[:100]} with seccomp"


def run_confined(
    algorithm: bytes,
    parameters: bytes,
    mounts: Iterable[tuple[str, str]],
    rules: SandboxRules,
) -> bytes:
    """Run a file of Python in a sandbox, and return what it wrote to `OUTPUT`.

    Nothing else that it did is left, and no process of it. `mounts` are what it may read, each with
    its place in the sandbox.

    Raises:
        DependencyMissing: bubblewrap is not installed, or this machine has no filter.
        AnswerWithheld: the sandbox did not start; or the algorithm failed, took more than the rules
            allow, or wrote nothing.
    """
    with ExitStack() as stack:
        stage = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dataledger-")))
        answer = _create(stack, stage / "answer", b"", os.O_RDWR)
        words = _create(stack, stage / "words", b"", os.O_RDWR)
        code = stage / "algorithm.py"
        code.write_bytes(algorithm)
        told = stage / "parameters.json"
        told.write_bytes(parameters)
        seccomp = _create(stack, stage / "filter", filter_program(), os.O_RDONLY)
        shown_here = [
            *mounts,
            (str(code), inside.ALGORITHM),
            (str(told), PARAMETERS),
            (inside.__file__, _INSIDE),
        ]
        arguments = _create(
            stack,
            stage / "arguments",
            b"".join(
                os.fsencode(argument) + b"\0"
                for argument in _arguments(shown_here, str(stage / "answer"), seccomp, rules)
            ),
            os.O_RDONLY,
        )
        command = [_program(), "--args", str(arguments), "--", *_command(rules)]
        try:
            process = subprocess.Popen(
                command,
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=words,
                env={},
                pass_fds=(arguments, seccomp),
            )
            stack.callback(_end, process)
            watched = _start(process, answer, stack)
        except OSError as error:
            raise _not_started(os.pread(words, _WORDS_BYTES, 0) or str(error).encode()) from error
        # What is mounted stays there. Should the node be killed now, nothing is left on the disk.
        shutil.rmtree(stage, ignore_errors=True)
        stopped = limits.wait(process, watched, rules)
        if stopped is not None:
            raise _withheld(f"was stopped: {stopped.value}")
        if process.returncode != 0:
            raise _withheld("ended with an error")
        content = _read(answer, rules.output_bytes)
    if not content:
        raise _withheld("gave no answer")
    return content


def _arguments(
    mounts: Iterable[tuple[str, str]], answer: str, seccomp: int, rules: SandboxRules
) -> Sequence[str]:
    """Return what is told to bubblewrap: all that the algorithm is, and has."""
    arguments = ["--unshare-user", "--unshare-all", "--die-with-parent", "--new-session"]
    arguments += ["--uid", _NOBODY, "--gid", _NOBODY, "--cap-drop", "ALL"]
    arguments += ["--hostname", "sandbox", "--seccomp", str(seccomp), "--clearenv"]
    for name, value in runtime.ENVIRONMENT.items():
        arguments += ["--setenv", name, value]
    # First, since Python may be installed below a folder of that name.
    arguments += ["--size", str(rules.scratch_bytes), "--tmpfs", SCRATCH]
    arguments += runtime.runtime_mounts()
    for here, there in mounts:
        arguments += ["--ro-bind", here, there]
    arguments += ["--dev-bind", os.devnull, os.devnull]
    # This one file is all that can be written besides: its folder is a part of the root.
    arguments += ["--bind", answer, OUTPUT]
    return [*arguments, "--remount-ro", "/", "--chdir", SCRATCH]


def _command(rules: SandboxRules) -> list[str]:
    """Return what is run in the sandbox: Python without any settings, which takes on the limits."""
    file_bytes = max(rules.scratch_bytes, rules.output_bytes)
    numbers = (rules.memory_bytes, file_bytes, rules.seconds + 1, rules.processes + 1)
    flags = ("-I", "-S", "-B", "-X", "utf8")
    return [runtime.executable(), *flags, _INSIDE, *map(str, numbers)]


def _program() -> str:
    found = shutil.which("bwrap")
    if found is None:
        raise DependencyMissing(
            "bubblewrap is not installed.",
            remedy="Install it, as `scripts/toolchain/install_sandbox.sh` does.",
        )
    return found


@cache
def _tried() -> None:
    # Errors are not kept: who mends the machine need not start the node again.
    run_confined(_PROBE, b"null", (), SandboxRules())


def _create(stack: ExitStack, path: Path, content: bytes, mode: int) -> int:
    """Write a file that nobody else can read; return a descriptor, closed with the stack."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    descriptor = os.open(path, mode)
    stack.callback(os.close, descriptor)
    return descriptor


def _start(process: "subprocess.Popen[bytes]", answer: int, stack: ExitStack) -> limits.Watched:
    """Let the algorithm start, once it is watched.

    Raises:
        OSError: it does not get so far, or cannot be watched.
    """
    said, told = process.stdout, process.stdin
    if said is None or told is None or not _is_ready(said):
        process.kill()
        process.wait()  # so that all of its words are there
        raise ProcessLookupError("it ended before its algorithm began")
    watched = limits.Watched.find(process.pid, SCRATCH, answer)
    stack.callback(os.close, watched.scratch)
    told.write(b"1")
    return watched


def _is_ready(said: IO[bytes]) -> bool:
    waiting = select.poll()
    waiting.register(said, select.POLLIN)
    return bool(waiting.poll(1000 * START_SECONDS)) and said.read(1) == b"1"


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End all processes of the sandbox: they die with the outermost."""
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()


def _read(descriptor: int, size_bytes: int) -> bytes:
    """Return what the algorithm wrote, which was found to be no larger."""
    content = bytearray()
    while len(content) < size_bytes and (
        part := os.pread(descriptor, size_bytes - len(content), len(content))
    ):
        content += part
    return bytes(content)


def _not_started(words: bytes) -> AnswerWithheld:
    # For the owner alone: the words name folders of this machine.
    _log.error("the sandbox does not start: %s", shown(words.decode("utf-8", "replace").strip()))
    return AnswerWithheld(
        "The sandbox does not start.",
        remedy="The node's own log says why; docs/algorithms.md says what it needs.",
    )


def _withheld(what: str) -> AnswerWithheld:
    return AnswerWithheld(f"The algorithm {what}.", remedy=_REMEDY)
