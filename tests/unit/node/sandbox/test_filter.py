"""The filter of system calls, run here as the kernel would run it."""

import struct

import pytest

from dataledger.errors import DependencyMissing
from dataledger.node.sandbox.filter import (
    ALLOW,
    CLONE3,
    CLONE_THREAD,
    ENOSYS,
    EPERM,
    ERRNO,
    JUMP_IF_AT_LEAST,
    JUMP_IF_EQUAL,
    JUMP_IF_SET,
    KILL,
    LOAD,
    MACHINES,
    RETURN,
    Calls,
    filter_program,
)

READ = {"x86_64": 0, "aarch64": 63}
SOCKET = {"x86_64": 41, "aarch64": 198}
PTRACE = {"x86_64": 101, "aarch64": 117}
X32_BIT = 0x40000000

machines = pytest.mark.parametrize("machine", MACHINES)


def verdict(machine: str, number: int, argument: int = 0, *, arch: int | None = None) -> int:
    """Return what the filter says to a call (`struct seccomp_data`), as linux/filter.h has it."""
    used = MACHINES[machine].arch if arch is None else arch
    call = struct.pack("=IIQQ", number, used, 0, argument)
    program = list(struct.iter_unpack("=HBBI", filter_program(machine)))
    position, accumulator = 0, 0
    while True:
        code, if_true, if_false, operand = program[position]
        position += 1
        if code == LOAD:
            (accumulator,) = struct.unpack_from("=I", call, operand)
        elif code == RETURN:
            return int(operand)
        else:
            holds = {
                JUMP_IF_EQUAL: accumulator == operand,
                JUMP_IF_AT_LEAST: accumulator >= operand,
                JUMP_IF_SET: bool(accumulator & operand),
            }[code]
            position += if_true if holds else if_false


@machines
def test_ordinary_calls_are_allowed(machine: str) -> None:
    assert verdict(machine, READ[machine]) == ALLOW


@machines
def test_denied_calls_fail(machine: str) -> None:
    for number in (SOCKET[machine], PTRACE[machine], 425, 434, *MACHINES[machine].denied):
        assert verdict(machine, number) == ERRNO | EPERM


@machines
def test_threads_can_be_made_and_processes_cannot(machine: str) -> None:
    clone = MACHINES[machine].clone
    assert verdict(machine, clone, CLONE_THREAD | 0x100) == ALLOW
    assert verdict(machine, clone, 0x11) == ERRNO | EPERM
    assert verdict(machine, CLONE3) == ERRNO | ENOSYS


@machines
def test_what_nobody_looked_at_is_not_there(machine: str) -> None:
    for number in (MACHINES[machine].beyond, 2**31, X32_BIT | READ[machine]):
        assert verdict(machine, number) == ERRNO | ENOSYS


@machines
def test_calls_by_another_machines_table_end_the_process(machine: str) -> None:
    assert verdict(machine, READ[machine], arch=0x40000003) == KILL


def test_no_call_stands_twice() -> None:
    for calls in MACHINES.values():
        assert isinstance(calls, Calls)
        assert len(set(calls.denied)) == len(calls.denied)
        assert not {calls.clone, CLONE3} & set(calls.denied)


def test_other_machines_have_no_filter_and_so_no_sandbox() -> None:
    with pytest.raises(DependencyMissing, match="'pdp11'"):
        filter_program("pdp11")
