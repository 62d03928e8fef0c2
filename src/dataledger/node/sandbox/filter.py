"""The system calls that an algorithm is denied: a program for seccomp, in its classic BPF.

Namespaces keep the algorithm from everything it could name; the filter keeps it from parts of the
kernel that they do not divide, or that have a record of holes, and from making further processes:
a limit on memory holds for each process. What is denied fails with EPERM, so that a library may do
without it.
"""

import platform
import struct
from collections.abc import Iterable
from typing import NamedTuple

from dataledger.errors import DependencyMissing, shown

EPERM, ENOSYS = 1, 38
CLONE_THREAD = 0x10000
ALLOW, ERRNO, KILL = 0x7FFF0000, 0x00050000, 0x80000000
"""What a filter answers (`linux/seccomp.h`); an error number is added to ERRNO."""
ARCH_OFFSET, NUMBER_OFFSET, FIRST_ARGUMENT_OFFSET = 4, 0, 16
"""Where `struct seccomp_data` has them; the argument's lower half, on little-endian machines."""

LOAD, JUMP_IF_EQUAL, JUMP_IF_AT_LEAST, JUMP_IF_SET, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
"""The instructions used (`linux/bpf_common.h`): all of 32 bits."""


class Calls(NamedTuple):
    """How one machine numbers system calls."""

    arch: int
    """As `linux/audit.h` has it."""
    clone: int
    beyond: int
    """From this number on, calls are of another table, or newer than what was looked at."""
    denied: tuple[int, ...]


_DENIED: dict[str, tuple[int | None, int | None]] = {
    # Other processes, and memory that no limit counts.
    "fork": (57, None),
    "vfork": (58, None),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "process_mrelease": (448, 448),
    "kcmp": (312, 272),
    "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "shmat": (30, 196),
    "shmctl": (31, 195),
    "shmdt": (67, 197),
    "msgget": (68, 186),
    "msgsnd": (69, 189),
    "semget": (64, 190),
    "mq_open": (240, 180),
    # Sockets, some of which no namespace divides; and what has one limit for all of the machine.
    "socket": (41, 198),
    "socketpair": (53, 199),
    "inotify_init": (253, None),
    "inotify_init1": (294, 26),
    "fanotify_init": (300, 262),
    "io_setup": (206, 0),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    # Mounts and namespaces.
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "unshare": (272, 97),
    "setns": (308, 268),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "mknod": (133, None),
    "mknodat": (259, 33),
    # The kernel's own affairs, and parts of it with a record of holes.
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "init_module": (175, 105),
    "delete_module": (176, 106),
    "finit_module": (313, 273),
    "create_module": (174, None),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "acct": (163, 89),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "syslog": (103, 116),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "clock_adjtime": (305, 266),
    "adjtimex": (159, 171),
    "iopl": (172, None),
    "ioperm": (173, None),
    "modify_ldt": (154, None),
    "personality": (135, 92),
    "uselib": (134, None),
    "_sysctl": (156, None),
    "lookup_dcookie": (212, 18),
    "vhangup": (153, 58),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "nfsservctl": (180, 42),
    "vmsplice": (278, 75),
    "bpf": (321, 280),
    "userfaultfd": (323, 282),
    "perf_event_open": (298, 241),
    "mbind": (237, 235),
    "set_mempolicy": (238, 237),
    "set_mempolicy_home_node": (450, 450),
    "migrate_pages": (256, 238),
    "move_pages": (279, 239),
}
"""Their numbers on x86_64, and by `asm-generic/unistd.h`; None: there is no such call."""

CLONE3 = 435
_FIRST_UNKNOWN = 463
"""The first number after `mseal`, which Linux 6.10 brought. These are the same everywhere."""


def _denied(column: int) -> tuple[int, ...]:
    numbers = (each[column] for each in _DENIED.values())
    return tuple(sorted(number for number in numbers if number is not None))


MACHINES = {
    "x86_64": Calls(0xC000003E, 56, _FIRST_UNKNOWN, _denied(0)),
    "aarch64": Calls(0xC00000B7, 220, _FIRST_UNKNOWN, _denied(1)),
}
"""By what `platform.machine` says."""


def filter_program(machine: str | None = None) -> bytes:
    """Return the filter, as `bwrap --seccomp` takes it: instructions of eight bytes each.

    Raises:
        DependencyMissing: nobody has written down the system calls of this machine.
    """
    name = platform.machine() if machine is None else machine
    if name not in MACHINES:
        raise DependencyMissing(
            f"There is no filter of system calls for machines of the kind {shown(name)}.",
            remedy=f"Run the node on one of: {', '.join(MACHINES)}.",
        )
    return b"".join(struct.pack("=HBBI", *each) for each in _instructions(MACHINES[name]))


def _instructions(calls: Calls) -> Iterable[tuple[int, int, int, int]]:
    """Yield code, how many to skip if true, how many if false, and the operand."""
    yield LOAD, 0, 0, ARCH_OFFSET
    yield JUMP_IF_EQUAL, 1, 0, calls.arch
    # A call by another machine's table would be read wrongly below.
    yield RETURN, 0, 0, KILL
    yield LOAD, 0, 0, NUMBER_OFFSET
    for number in calls.denied:
        yield JUMP_IF_EQUAL, 0, 1, number
        yield RETURN, 0, 0, ERRNO | EPERM
    # Its flags lie in memory, where a filter cannot look; the C library then uses `clone`.
    yield JUMP_IF_EQUAL, 0, 1, CLONE3
    yield RETURN, 0, 0, ERRNO | ENOSYS
    yield JUMP_IF_AT_LEAST, 0, 1, calls.beyond
    yield RETURN, 0, 0, ERRNO | ENOSYS
    yield JUMP_IF_EQUAL, 1, 0, calls.clone
    yield RETURN, 0, 0, ALLOW
    yield LOAD, 0, 0, FIRST_ARGUMENT_OFFSET
    yield JUMP_IF_SET, 0, 1, CLONE_THREAD
    yield RETURN, 0, 0, ALLOW
    yield RETURN, 0, 0, ERRNO | EPERM
