"""What is checked before a cluster is joined, and what a call shows of itself."""

# mypy: untyped-calls-exclude="distributed"

from __future__ import annotations

import copy
import sys
from typing import TYPE_CHECKING

import dask
import pytest
from distributed import Security

from dataledger.errors import DependencyMissing, InvalidArgument, InvalidPath, ManifestMismatch
from dataledger.manifest.engines import DaskEngine, VerifiedEngine, in_order
from dataledger.manifest.engines.calls import Call
from dataledger.manifest.paths import check_path

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable
    from pathlib import Path
    from typing import TypeVar

    T = TypeVar("T")
    R = TypeVar("R")


class TestAddress:
    @pytest.mark.parametrize(
        "address",
        [
            "nonsense",
            "127.0.0.1",
            "tcp://127.0.0.1",
            "tcp://127.0.0.1:8786/path",
            "http://127.0.0.1:8786",
            "inproc://127.0.0.1:8786",
            "tcp://user:word@127.0.0.1:8786",
            " tcp://127.0.0.1:8786",
        ],
    )
    def test_of_another_form_is_refused(self, address: str) -> None:
        with pytest.raises(InvalidArgument, match="no address of a Dask scheduler"):
            DaskEngine(address, timeout_seconds=0.1)

    @pytest.mark.parametrize("address", ["tcp://10.0.0.1:8786", "scheduler:8786", "[fe80::1]:8786"])
    def test_on_another_machine_needs_tls(self, address: str) -> None:
        with pytest.raises(InvalidArgument, match="without TLS"):
            DaskEngine(address, timeout_seconds=0.1)

    def test_must_be_given_or_configured(self) -> None:
        with (
            dask.config.set({"scheduler-address": None}),
            pytest.raises(InvalidArgument, match="No scheduler is named"),
        ):
            DaskEngine(timeout_seconds=0.1)

    def test_may_be_configured(self) -> None:
        with (
            dask.config.set({"scheduler-address": "tcp://10.0.0.1:8786"}),
            pytest.raises(InvalidArgument, match=r"'tcp://10\.0\.0\.1:8786' is on another machine"),
        ):
            DaskEngine(timeout_seconds=0.1)

    def test_with_tls_needs_certificates(self) -> None:
        with pytest.raises(InvalidArgument, match="needs certificates"):
            DaskEngine("tls://10.0.0.1:8786", timeout_seconds=0.1)

    def test_with_tls_needs_certificates_that_can_be_read(self, tmp_path: Path) -> None:
        broken = tmp_path / "broken.pem"
        broken.write_text("nothing")
        security = Security(
            tls_ca_file=str(broken), tls_client_cert=str(broken), tls_client_key=str(broken)
        )
        with pytest.raises(InvalidArgument, match="certificates cannot be used"):
            DaskEngine("tls://10.0.0.1:8786", security=security, timeout_seconds=0.1)


def test_units_of_less_than_a_chunk_are_refused() -> None:
    with pytest.raises(InvalidArgument, match="too few for one call"):
        DaskEngine("tcp://127.0.0.1:8786", unit_bytes=1)


def test_without_dask_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(DependencyMissing) as caught:
        DaskEngine("tcp://127.0.0.1:8786")
    assert "dataledger[dask]" in caught.value.remedy


class TestCall:
    def test_gives_what_the_function_returns(self) -> None:
        assert Call(len, "four").answer("w").result() == 4

    def test_survives_being_copied(self) -> None:
        assert copy.deepcopy(Call(len, "four")).answer("w").result() == 4

    def test_shows_nothing_of_what_it_holds(self) -> None:
        call = Call(len, b"a key")
        assert "key" not in repr(call) + str(call)

    def test_gives_back_an_error_of_ours_with_the_workers_name(self) -> None:
        answer = copy.deepcopy(Call(check_path, "../x").answer("tcp://w:1"))
        with pytest.raises(InvalidPath, match=r"On worker 'tcp://w:1': .*'\.\./x'") as caught:
            answer.result()
        assert caught.value.remedy


class Backwards:
    """An engine whose last result comes first."""

    unit_bytes = 1
    workers = 1
    closed = False

    def map(
        self, function: Callable[[T], R], items: Iterable[T]
    ) -> Generator[tuple[int, R], None, None]:
        try:
            yield from reversed([(index, function(item)) for index, item in enumerate(items)])
        finally:
            self.closed = True


def test_results_are_put_in_order() -> None:
    assert list(in_order(Backwards(), str, range(5))) == ["0", "1", "2", "3", "4"]


def test_an_engine_is_told_when_no_more_results_are_wanted() -> None:
    engine = Backwards()
    results = in_order(engine, str, range(5))
    next(iter(results))
    del results
    assert engine.closed


class Lying(Backwards):
    """An engine one of whose answers is false."""

    def map(
        self, function: Callable[[T], R], items: Iterable[T]
    ) -> Generator[tuple[int, R], None, None]:
        listed = list(items)
        for index, item in enumerate(listed):
            yield index, function(listed[0] if index == 3 else item)


class TestVerified:
    def test_passes_true_answers_on(self) -> None:
        verified = VerifiedEngine(Backwards(), 1)
        assert list(in_order(verified, str, range(5))) == ["0", "1", "2", "3", "4"]
        assert (verified.unit_bytes, verified.workers) == (1, 1)

    def test_finds_a_false_answer(self) -> None:
        with pytest.raises(ManifestMismatch, match="what this machine gets for 3"):
            list(VerifiedEngine(Lying(), 1).map(str, range(5)))

    def test_takes_a_sample_only(self) -> None:
        assert len(list(VerifiedEngine(Lying(), 0).map(str, range(5)))) == 5

    @pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
    def test_refuses_what_is_no_share(self, share: float) -> None:
        with pytest.raises(InvalidArgument, match="no share"):
            VerifiedEngine(Backwards(), share)

    def test_closes_the_engine_behind_it(self) -> None:
        engine = Backwards()
        results = VerifiedEngine(engine, 1).map(str, range(5))
        next(results)
        results.close()
        assert engine.closed
