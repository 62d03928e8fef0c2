"""The main job, end to end: a dataset's whole life, told as it happens."""

from dataledger.demo.result import DemoResult
from dataledger.demo.story import run

__all__ = ["DemoResult", "run"]
