import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataledger.errors import CanonicalisationError, OwnerNodeError
from dataledger.hashing import JsonValue
from dataledger.node.federated import frames
from dataledger.node.federated.frames import read_frame, write_frame

MESSAGES = st.recursive(
    st.booleans() | st.integers(-(2**50), 2**50) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(st.lists(MESSAGES, max_size=4))
def test_messages_come_out_as_they_went_in(messages: list[JsonValue]) -> None:
    stream = io.BytesIO()
    for message in messages:
        write_frame(stream, message)
    stream.seek(0)
    assert [read_frame(stream) for _ in messages] == messages
    assert read_frame(stream) is None


@given(st.binary(max_size=40))
def test_no_bytes_are_a_message_by_chance(data: bytes) -> None:
    stream = io.BytesIO(data)
    try:
        message = read_frame(stream)
    except (OwnerNodeError, CanonicalisationError):
        return
    if message is not None:
        again = io.BytesIO()
        write_frame(again, message)
        assert data.startswith(again.getvalue())


@pytest.mark.parametrize("data", [b"\0\0\0", b"\0\0\0\5{}", struct.pack(">I", 2**32 - 1)])
def test_a_message_that_breaks_off_or_is_too_long_is_refused(data: bytes) -> None:
    with pytest.raises(OwnerNodeError, match="broke off"):
        read_frame(io.BytesIO(data))


def test_a_message_that_is_too_long_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "MAX_FRAME_BYTES", 4)
    stream = io.BytesIO()
    with pytest.raises(OwnerNodeError, match="longer than 4"):
        write_frame(stream, "long")
    assert stream.getvalue() == b""
