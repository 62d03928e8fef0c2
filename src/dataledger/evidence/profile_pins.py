"""The pins that a profile of a chain has."""

from dataledger.chain.profile import Profile
from dataledger.contracts.artifacts import ContractName
from dataledger.evidence.verifier.pins import Pins, ValidatorSet, to_hash
from dataledger.hashing import Hash32


def pins_of(
    profile: Profile,
    *,
    block_hash: Hash32 | None = None,
    validators: ValidatorSet | None = None,
) -> Pins:
    """Return what a profile pins, with what a block is to be recognised by.

    Raises:
        ProfileError: the profile names no contract `DatasetLedger`.
    """
    pin = profile.contract(ContractName.DATASET_LEDGER)
    return Pins(
        chain_id=profile.chain_id,
        contract=pin.address,
        code_hash=to_hash(pin.code_hash),
        block_hash=block_hash,
        validators=validators,
    )
