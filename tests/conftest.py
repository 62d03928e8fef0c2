"""What holds for every test: property tests tell how to repeat a failure, and no clock fails them."""

from hypothesis import settings
from hypothesis.database import DirectoryBasedExampleDatabase

settings.register_profile(
    "dataledger",
    database=DirectoryBasedExampleDatabase("build/hypothesis"),
    deadline=None,
    print_blob=True,
)
settings.load_profile("dataledger")
