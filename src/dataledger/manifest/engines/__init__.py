"""Where the work of a fingerprint is done, other than in this machine's own processes."""

from dataledger.manifest.engines.base import Engine, in_order
from dataledger.manifest.engines.dask import DaskEngine
from dataledger.manifest.engines.verified import VerifiedEngine

__all__ = ["DaskEngine", "Engine", "VerifiedEngine", "in_order"]
