"""A contract's function with its arguments, ready to be called, and able to read the result."""

from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from dataledger.contracts.abi import AbiItem, abi_item, decode, encode, from_raw, to_raw
from dataledger.contracts.artifacts import ContractName

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Call(Generic[T_co]):
    """A call of a contract's function with the type of what it returns."""

    item: AbiItem
    data: bytes
    """Calldata: the selector, then the encoded arguments."""
    kind: Any = field(repr=False)
    """The type of the result; None where the function returns nothing."""

    @property
    def contract(self) -> ContractName:
        """Whose function it is."""
        return self.item.contract

    def result(self, data: bytes) -> T_co:
        """Return what the function returned.

        Raises:
            NodeError: `data` is not the canonical encoding of such a result.
        """
        outputs = decode([output.type for output in self.item.outputs], data)
        if len(outputs) > 1:
            result: T_co = from_raw(self.kind, outputs)
        else:
            result = from_raw(self.kind, outputs[0] if outputs else None)
        return result


def call(
    contract: ContractName, name: str, *arguments: tuple[Any, object], returns: Any = None
) -> Call[Any]:
    """Return the call of a function, with each argument behind its type.

    Raises:
        InvalidArgument: an argument lies outside its type.
    """
    item = abi_item(contract, "function", name, len(arguments))
    encoded = encode(
        [parameter.type for parameter in item.inputs],
        [to_raw(kind, value) for kind, value in arguments],
    )
    return Call(item, item.selector + encoded, returns)
