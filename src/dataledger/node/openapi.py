"""How a node's interface is described to programs, at `/openapi.json`."""

from typing import Any

from dataledger.node.answers import ANSWER_FORMAT, INFO_FORMAT, JOINED_FORMAT
from dataledger.node.kinds import KINDS

TITLE = "DataLedger: an owner's node"
VERSION = "1"
DESCRIPTION = (
    "Computes beside the data what a grant on the chain allows and pays for, and lets out nothing "
    "but answers that the chain has a receipt for. Requests are signed (EIP-712); see "
    "`docs/node.md`."
)

_HEX = r"^0x[0-9a-f]{64}$"
_DIGEST = r"^sha256:[0-9a-f]{64}$"
_ADDRESS = r"^0x[0-9a-fA-F]{40}$"


def _text(pattern: str | None = None, **more: object) -> dict[str, Any]:
    return {"type": "string", **({} if pattern is None else {"pattern": pattern}), **more}


def _number() -> dict[str, Any]:
    return {"type": "integer", "minimum": 0}


def _object(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": sorted(required),
        "additionalProperties": False,
    }


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _request(action: str) -> dict[str, Any]:
    return _object(
        {
            "action": _text(const=action),
            "body": _text(_DIGEST, description="SHA-256 of the document; of no bytes without one."),
            "by": _text(_ADDRESS, description="Who signed, with EIP-55 checksum."),
            "grant": _text(_HEX),
            "issued_at_unix": _number(),
            "nonce": _text(_HEX, description="32 random bytes, taken once."),
            "run": _text(_HEX, description="The run's id, of the asker's choice."),
            "signature": _text(r"^0x[0-9a-f]{130}$"),
            "version": {**_number(), "description": "0: the one granted, or the current one."},
        }
    )


def _asked(action: str, document: str | None) -> dict[str, Any]:
    request = {"request": _request(action)}
    if document is None:
        return _object(request)
    return _object({**request, "document": _text(contentEncoding="base64", description=document)})


_ERROR = _object(
    {
        "error": _object(
            {
                "code": _text(description="The error's kind."),
                "message": _text(),
                "reason": _text(description="Why, as one word."),
                "remedy": _text(),
            },
            {"reference": _text(description="Under which the node's log has more.")},
        )
    }
)
_ANSWER = _object(
    {
        "content": _text(contentEncoding="base64"),
        "format": _text(const=ANSWER_FORMAT),
        "media_type": _text(),
        "receipt": {"type": "object", "description": "dataledger/receipt/1, as the chain has it."},
        "transaction_hash": _text(_HEX, description="Of the settlement."),
    }
)
_JOINED = _object({"format": _text(const=JOINED_FORMAT), "offer": {"type": "object"}})
_INFO = _object(
    {
        "age_seconds": _number(),
        "body_bytes": _number(),
        "chain_id": _number(),
        "contract": _text(_ADDRESS),
        "datasets": _list(
            _object({"dataset": _text(_HEX), "name": _text(), "versions": _list(_number())})
        ),
        "format": _text(const=INFO_FORMAT),
        "kinds": _list(_text()),
        "name": _text(),
        "now_unix": _number(),
        "operator": _text(_ADDRESS),
        "organisation": _number(),
    }
)
_HEALTH = _object({"status": _text(const="ok")})

_WORK = f"The work, as canonical JSON of one of these formats: {', '.join(KINDS)}."
_REFUSALS = {
    400: "No strict JSON.",
    401: "Not signed by the key it names, for this chain and contract; or other bytes were signed.",
    403: "Refused (`node-refused`, with its reason), or the answer is withheld.",
    404: "There is no such run.",
    408: "The body came too slowly.",
    409: "The request was sent before.",
    413: "The body is too large.",
    422: "What is asked is malformed, or cannot be bounded.",
    429: "The organisation asks too often.",
    500: "The node failed; its log says why.",
    501: "This node has not installed what the work needs.",
    503: "The chain cannot be used now, or the node has too much to do.",
}

_OPERATIONS: dict[str, tuple[str, str, dict[str, Any] | None, dict[str, Any]]] = {
    "/v1/runs": (
        "Do work beside the data",
        "Reserves its cost, computes, settles, and answers. After a lost answer, fetch.",
        _asked("run", _WORK),
        _ANSWER,
    ),
    "/v1/runs/fetch": (
        "Answer again",
        "The answer of a run that was settled. Costs nothing.",
        _asked("fetch", None),
        _ANSWER,
    ),
    "/v1/joins": (
        "Take part in a computation of several nodes",
        "Reserves its cost, and offers a meeting. A run that nobody starts has cost nothing.",
        _asked("join", _WORK),
        _JOINED,
    ),
    "/v1/starts": (
        "Begin a computation of several nodes",
        "The document has the offers of all who take part. Sent to all nodes at once.",
        _asked("start", "The offers: canonical JSON of the format dataledger/start/1."),
        _ANSWER,
    ),
    "/v1/info": ("What this node is, and holds", "Nothing of it is private.", None, _INFO),
    "/health": ("Whether it answers", "Says nothing of the chain.", None, _HEALTH),
}


def operation(path: str) -> dict[str, Any]:
    """Return how the endpoint at `path` is described, as arguments of FastAPI's routes."""
    summary, description, asked, answered = _OPERATIONS[path]
    responses: dict[int | str, dict[str, Any]] = {
        200: {"description": "Done.", "content": _json(answered)}
    }
    extra: dict[str, Any] = {}
    if asked is not None:
        extra["requestBody"] = {"required": True, "content": _json(asked)}
        responses |= {
            status: {"description": words, "content": _json(_ERROR)}
            for status, words in _REFUSALS.items()
        }
    name = path.removeprefix("/v1/").strip("/").replace("/", "_")
    return {
        "summary": summary,
        "description": description,
        "operation_id": name,
        "responses": responses,
        "openapi_extra": extra,
    }


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}
