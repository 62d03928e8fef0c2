"""Receipts as executors sign them (EIP-712), and as files that go from the node to executors.

    {"chain_id": 31337, "contract": "0x…", "format": "dataledger/receipt/1",
     "receipt": {"code": "sha256:…", "environment": "sha256:…", "grant": "0x…",
       "inputs": [{"commitment": "0x…", "dataset": "0x…", "version": 1}],
       "outcome": "RELEASED", "output": "sha256:…", "run": "0x…",
       "spent": {"delta_pico": 0, "micro": 500000}}}

Canonical JSON (RFC 8785). `output` is null where nothing was released.
"""

from dataclasses import dataclass
from typing import Self

from dataledger.chain.identifiers import MAX_CHAIN_ID
from dataledger.chain.signer import Signer
from dataledger.chain.typed_data import Domain, TypedData
from dataledger.contracts.identifiers import (
    Address,
    Commitment,
    GrantId,
    RunId,
    to_version,
)
from dataledger.contracts.use_types import (
    RECEIPT_TYPES,
    Cost,
    Input,
    Outcome,
    Receipt,
    receipt_message,
)
from dataledger.errors import SignatureInvalid, UsageError, UseDocumentError, shown
from dataledger.hashing import (
    JsonValue,
    canonical_bytes,
    hash32_from_hex,
    members,
    natural,
    parse_canonical,
    string,
)
from dataledger.ledger.json_forms import (
    address_from_json,
    count_from_json,
    count_to_json,
    dataset_from_json,
    digest_from_json,
    list_from_json,
    named_from_json,
)
from dataledger.ledger.signatures import is_signed_by

FORMAT = "dataledger/receipt/1"
MAX_RECEIPT_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class ReceiptSignature:
    """An executor's signature over a receipt."""

    executor: Address
    signature: bytes


@dataclass(frozen=True, slots=True)
class UnsignedReceipt:
    """A receipt for the contract `DataUse` at `contract` on one chain: what executors sign.

    Raises:
        UseDocumentError: the chain id is none.
    """

    chain_id: int
    contract: Address
    receipt: Receipt

    def __post_init__(self) -> None:
        if not 0 < self.chain_id <= MAX_CHAIN_ID:
            raise _wrong(f"{self.chain_id} is not a chain id")

    def typed_data(self) -> TypedData:
        """Return the EIP-712 message: what a wallet shows, and what is signed."""
        return TypedData(
            domain=Domain("DataLedger", "1", self.chain_id, self.contract),
            primary_type="Receipt",
            types=RECEIPT_TYPES,
            message=receipt_message(self.receipt),
        )

    def sign(self, signer: Signer) -> ReceiptSignature:
        """Return the signature of an executor. Needs no network.

        Raises:
            WrongChain: the signer is bound to another chain.
        """
        return ReceiptSignature(signer.address, bytes(signer.sign_typed_data(self.typed_data())))

    def check(self, signed: ReceiptSignature) -> None:
        """Return only if the signature is by the executor's own key.

        Raises:
            SignatureInvalid: it is not. Only the chain can tell whether a contract wallet
                (ERC-1271) would accept it.
        """
        if not is_signed_by(signed.executor, self.typed_data(), signed.signature):
            raise SignatureInvalid(
                f"The signature is not by {signed.executor} over this receipt.",
                remedy="Have the receipt signed anew, as it is.",
            )

    def to_bytes(self) -> bytes:
        """Return the file: canonical JSON (RFC 8785), without a final newline."""
        receipt = self.receipt
        return canonical_bytes(
            {
                "chain_id": self.chain_id,
                "contract": self.contract,
                "format": FORMAT,
                "receipt": {
                    "code": str(receipt.code),
                    "environment": str(receipt.environment),
                    "grant": str(receipt.grant),
                    "inputs": [
                        {
                            "commitment": f"0x{read.commitment.hex()}",
                            "dataset": str(read.dataset),
                            "version": read.version,
                        }
                        for read in receipt.inputs
                    ],
                    "outcome": receipt.outcome.name,
                    "output": None if receipt.output is None else str(receipt.output),
                    "run": str(receipt.run),
                    "spent": {
                        "delta_pico": count_to_json(receipt.spent.delta_pico),
                        "micro": count_to_json(receipt.spent.micro),
                    },
                },
            }
        )

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a file.

        Raises:
            UseDocumentError: it is too large, not canonical JSON, or no receipt.
        """
        try:
            document = members(
                parse_canonical(data, max_bytes=MAX_RECEIPT_BYTES),
                *("chain_id", "contract", "format", "receipt"),
            )
            if document["format"] != FORMAT:
                raise _wrong(f"its format is {shown(document['format'])}, not {FORMAT!r}")
            return cls(
                chain_id=natural(document["chain_id"]),
                contract=address_from_json(document["contract"]),
                receipt=_receipt_from_json(document["receipt"]),
            )
        except UseDocumentError:
            raise
        except UsageError as error:
            raise _wrong(str(error)) from error


def _receipt_from_json(value: JsonValue) -> Receipt:
    document = members(
        value,
        *("code", "environment", "grant", "inputs", "outcome", "output", "run", "spent"),
    )
    spent = members(document["spent"], "delta_pico", "micro")
    output = document["output"]
    return Receipt(
        grant=GrantId.parse(string(document["grant"])),
        run=RunId.parse(string(document["run"])),
        code=digest_from_json(document["code"]),
        environment=digest_from_json(document["environment"]),
        inputs=list_from_json(document["inputs"], _input_from_json),
        output=None if output is None else digest_from_json(output),
        spent=Cost(count_from_json(spent["micro"]), count_from_json(spent["delta_pico"])),
        outcome=named_from_json(Outcome, document["outcome"]),
    )


def _input_from_json(value: JsonValue) -> Input:
    document = members(value, "commitment", "dataset", "version")
    commitment = string(document["commitment"])
    if not commitment.startswith("0x"):
        raise _wrong(f"{shown(commitment)} is not a commitment")
    return Input(
        dataset=dataset_from_json(document["dataset"]),
        version=to_version(natural(document["version"])),
        commitment=Commitment(hash32_from_hex(commitment[2:])),
    )


def _wrong(reason: str) -> UseDocumentError:
    return UseDocumentError(
        f"This is no receipt: {reason}.", remedy="Use the file exactly as it was written."
    )
