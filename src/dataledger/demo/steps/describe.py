"""Describing: what the owner says of the labelled data, and what the readings say themselves."""

from pathlib import Path

from dataledger.demo.steps.files import relative_files
from dataledger.demo.steps.label import IMAGE_TABLE, LIMITS
from dataledger.demo.steps.tables import read_csv
from dataledger.errors import CheckFailed
from dataledger.manifest.description import Description, Measure, Party, Period, Topic

TITLE = "Air quality in Mirrenport"
CREATOR = "City Data Office"


def describe(source: Path) -> Description:
    """Return the description of the files in `source`.

    The period and the places are those of the readings.

    Raises:
        CheckFailed: There is no reading.
    """
    times: list[str] = []
    stations: set[str] = set()
    for path in relative_files(source):
        if path.endswith(".csv") and path != IMAGE_TABLE:
            for _, row in read_csv((source / path).read_bytes()):
                times.append(row["time"])
                stations.add(row["station"])
    if not times:
        raise CheckFailed(
            "Nothing is to be described: there is no reading.", remedy="Name the labelled files."
        )
    return Description(
        TITLE,
        description="Hourly readings of air quality, what citizens reported of it, and photographs "
        "of the quay. All of it is synthetic.",
        keywords=("air quality", *sorted(LIMITS)),
        licence="CC0-1.0",
        sector="environment",
        languages=("en",),
        creators=(Party(CREATOR),),
        temporal=Period(min(times), max(times)),
        spatial=tuple(sorted(stations)),
        measures=(Measure("readings", str(len(times)), "rows of all stations, counted"),),
        statements={
            Topic.COLLECTION: ("Stations measure each hour; citizens write of their own accord.",),
            Topic.LIMITATIONS: ("Pictures show one quay alone.",),
        },
    )
