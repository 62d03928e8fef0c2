"""What a client trusts, whatever its environment says."""

from pathlib import Path
from typing import Any

import pytest
import requests

from dataledger.chain.profile import Endpoint
from dataledger.errors import OwnerNodeError
from dataledger.node.exchange import Exchange


def test_certificates_that_were_given_are_the_only_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, others = tmp_path / "ours.pem", tmp_path / "others.pem"
    for file in (ours, others):
        file.touch()
    trusted: list[object] = []

    def send(_session: requests.Session, _request: object, **how: Any) -> requests.Response:
        trusted.append(how["verify"])
        raise requests.ConnectionError

    monkeypatch.setattr(requests.Session, "send", send)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(others))
    for ca in (ours, None):
        exchange = Exchange(Endpoint("https://node.example"), ca=ca, timeout_seconds=1)
        with pytest.raises(OwnerNodeError):
            exchange.get("/v1/info")
    assert trusted == [str(ours), str(others)]
