"""One bundle for all tests of evidence."""

import pytest
from recorded_bundle import RecordedBundle


@pytest.fixture(scope="session")
def recorded() -> RecordedBundle:
    return RecordedBundle.load()
