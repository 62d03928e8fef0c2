"""Holds for every test: property tests say how to repeat a failure, and no clock fails them."""

from hypothesis import settings
from hypothesis.configuration import set_hypothesis_home_dir

set_hypothesis_home_dir("build/hypothesis")
settings.register_profile("dataledger", deadline=None, print_blob=True)
settings.load_profile("dataledger")
