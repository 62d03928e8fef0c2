"""Data in object stores, and wherever else fsspec reaches: named by a URL, read over the network.

fsspec is imported when a store is opened: it starts a thread, and most runs need none of it.
"""

from dataledger.manifest.locations.fingerprint import fingerprint_location
from dataledger.manifest.locations.urls import is_location, shown_location

__all__ = ["fingerprint_location", "is_location", "shown_location"]
