"""What names mean, and which ones are offered when they mean nothing."""

from dataclasses import replace
from typing import cast

import pytest
from fake_ledger import ACME, DATASET, POLICY, ROADS, FakeLedger

from dataledger.cli.names import (
    Names,
    find_dataset,
    find_organisation,
    find_policy,
    find_stage,
)
from dataledger.contracts.identifiers import DatasetId, OrgId, PolicyId, Slug, Stage
from dataledger.errors import (
    ConnectionFailed,
    InvalidIdentifier,
    InvalidSlug,
    NotFound,
    UsageError,
)
from dataledger.hashing import Hash32
from dataledger.ledger import Ledger
from dataledger.ledger.results import VersionRef


def real(ledger: FakeLedger) -> Ledger:
    return cast("Ledger", ledger)


@pytest.mark.parametrize("given", ["acme/road", "roads", "rods", "acne/roads"])
@pytest.mark.parametrize("error", [NotFound, InvalidIdentifier, InvalidSlug])
def test_the_nearest_dataset_is_offered(
    error: type[UsageError], given: str, ledger: FakeLedger
) -> None:
    ledger.datasets.get.side_effect = error("No.", remedy="Look.")
    with pytest.raises(NotFound) as caught:
        find_dataset(real(ledger), given)
    assert str(caught.value) == f"There is no dataset {given!r}."
    assert caught.value.remedy.startswith("Did you mean acme/roads? Name it OWNER/SLUG")


def test_names_unlike_all_others_list_some(ledger: FakeLedger) -> None:
    ledger.datasets.get.side_effect = NotFound("No.", remedy="Look.")
    ledger.datasets.list.return_value = tuple(
        replace(DATASET, slug=Slug(f"set-{number}")) for number in range(9)
    )
    with pytest.raises(NotFound) as caught:
        find_dataset(real(ledger), "zzzzzz")
    assert "There is acme/set-0, acme/set-1, acme/set-2, acme/set-3, acme/set-4, …." in (
        caught.value.remedy
    )


def test_an_empty_ledger_offers_nothing(ledger: FakeLedger) -> None:
    ledger.organisations.get.side_effect = NotFound("No.", remedy="Look.")
    ledger.organisations.list.return_value = ()
    with pytest.raises(NotFound) as caught:
        find_organisation(real(ledger), "acme")
    assert caught.value.remedy.startswith("Name it by its slug")


def test_the_nearest_organisation_is_offered(ledger: FakeLedger) -> None:
    ledger.organisations.get.side_effect = NotFound("No.", remedy="Look.")
    with pytest.raises(NotFound) as caught:
        find_organisation(real(ledger), "acne\x1b")
    assert caught.value.remedy.startswith("Did you mean acme?")
    assert "\x1b" not in str(caught.value)


def test_other_troubles_stay_what_they_are(ledger: FakeLedger) -> None:
    ledger.datasets.get.side_effect = ConnectionFailed("No node.", remedy="Start one.")
    with pytest.raises(ConnectionFailed):
        find_dataset(real(ledger), "acme/roads")
    ledger.datasets.list.assert_not_called()


@pytest.mark.parametrize("name", ["CLEANED", "cleaned", "Cleaned"])
def test_stages_are_found_in_any_letter_case(name: str, ledger: FakeLedger) -> None:
    assert find_stage(real(ledger), DATASET, name) == Stage(3)


def test_the_exact_stage_wins(ledger: FakeLedger) -> None:
    policy = replace(POLICY.policy, stage_names=("Done", "done"))
    ledger.policies.get.return_value = replace(POLICY, policy=policy)
    assert find_stage(real(ledger), DATASET, "done") == Stage(2)
    assert find_stage(real(ledger), DATASET, "DONE") == Stage(1)


def test_policies_by_number_or_default(ledger: FakeLedger) -> None:
    assert find_policy(real(ledger), "default") == POLICY
    ledger.policies.default.assert_called_once_with()
    find_policy(real(ledger), "7")
    ledger.policies.get.assert_called_with(PolicyId(7))
    with pytest.raises(InvalidIdentifier):
        find_policy(real(ledger), "own")


def test_ids_get_their_names_with_one_look_each(ledger: FakeLedger) -> None:
    names = Names(real(ledger))
    assert names.organisation(ACME.id) == "acme"
    assert names.organisation(None) == ""
    assert names.organisation(OrgId(77)) == "organisation 77"
    assert names.version(VersionRef(ROADS, 3)) == "acme/roads@3"
    unknown = DatasetId(Hash32(bytes(32)))
    assert names.dataset(unknown) == str(unknown)
    ledger.organisations.list.assert_called_once_with()
    ledger.datasets.list.assert_called_once_with()
