"""One question to several owners: `dataledger/federated-query/1`.

{"format": "dataledger/federated-query/1", "parties": ["0x…", "0x…", "0x…"],
 "query": {"format": "dataledger/query/1", …}}
"""

from dataledger.node.work import SharedWork

FORMAT = "dataledger/federated-query/1"


def parse_federated_query(document: bytes) -> SharedWork:
    """Return the work that a document describes.

    Raises:
        QueryError: it is no such document, or its query is not bounded.
    """
    raise NotImplementedError
