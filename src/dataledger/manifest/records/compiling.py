"""How the accelerator's loops are compiled. Importing this needs numba."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """Have the function compiled when it is first called, to run without the interpreter's lock.

    What was compiled is kept on the disk until the function's own file changes: after a change to
    another file that it calls into, remove the `*.nbi` of `__pycache__`.
    """
    try:
        found: Any = numba.njit(nogil=True, cache=True)(function)
    except RuntimeError:  # neither beside this file nor in the user's home can it be kept
        found = numba.njit(nogil=True)(function)
    return cast("F", found)
