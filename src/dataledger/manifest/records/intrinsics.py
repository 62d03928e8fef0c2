"""What compiled loops do by addresses, each as one instruction or call of the machine.

Importing this needs numba. Nothing is checked: the caller knows that the addresses are good.
"""

from collections.abc import Sequence
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

_POINTER = ir.IntType(8).as_pointer()


def call_by_address(builder: Any, function: Any, addresses: Sequence[Any]) -> None:
    """Have the function at an address called with two others."""
    kind = ir.FunctionType(ir.VoidType(), [_POINTER, _POINTER]).as_pointer()
    builder.call(
        builder.inttoptr(function, kind),
        [builder.inttoptr(address, _POINTER) for address in addresses],
    )


def _type_call(_typing: Any, _function: Any, _context: Any, _block: Any) -> Any:
    def generate(_context: Any, builder: Any, _signature: Any, addresses: Any) -> None:
        call_by_address(builder, addresses[0], addresses[1:])

    return types.void(types.uintp, types.uintp, types.uintp), generate


def _type_copy(_typing: Any, _out: Any, _at: Any, _data: Any, _begin: Any, _size: Any) -> Any:
    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> None:
        out, at, data, begin, size_bytes = arguments
        pointers = _pointer(builder, out, at), _pointer(builder, data, begin)
        cgutils.raw_memcpy(builder, *pointers, size_bytes, 1)  # type: ignore[no-untyped-call]

    return types.void(types.uintp, types.intp, types.uintp, types.intp, types.intp), generate


def _type_put(_typing: Any, _out: Any, _at: Any, number: Any) -> Any:
    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> None:
        out, at, value = arguments
        pointer = builder.bitcast(_pointer(builder, out, at), value.type.as_pointer())
        # All processors that numba compiles for have the lowest byte first.
        builder.store(builder.bswap(value), pointer, align=1)

    return types.void(types.uintp, types.intp, number), generate


def _type_get(_typing: Any, _begin: Any, _index: Any) -> Any:
    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        begin, index = arguments
        numbers = builder.inttoptr(begin, ir.IntType(64).as_pointer())
        return builder.load(builder.gep(numbers, [index]), align=1)

    return types.int64(types.uintp, types.intp), generate


def _pointer(builder: Any, address: Any, offset: Any) -> Any:
    return builder.inttoptr(builder.add(address, offset), _POINTER)


call: Any = intrinsic(_type_call)
"""Calls the C function `void function(void *context, const void *block)` by its address."""

copy: Any = intrinsic(_type_copy)
"""`copy(out, at, data, begin, size_bytes)`: copies bytes from address `data + begin` to `out + at`.

That is `memcpy`, which for a field of a table takes half the time of a loop.
"""

get: Any = intrinsic(_type_get)
"""`get(begin, index)`: returns the number `index` of the signed 64-bit integers at `begin`."""

put: Any = intrinsic(_type_put)
"""`put(out, at, number)`: puts an integer at `out + at`, all its bytes, the highest one first."""
