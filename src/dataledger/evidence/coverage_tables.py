"""The points of each standard, in our own words, with the names of the facts that speak to them.

The law and the standards say more than these words: the references lead to them.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Point:
    """One point: where it stands, what it asks, and which facts speak to it."""

    reference: str
    words: str
    answers: tuple[str, ...]
    """Any of these facts answers it, at least in part."""
    supports: tuple[str, ...] = ()
    """Facts that the chain proves around it, and that answer nothing alone."""


def _said(*topics: str) -> tuple[str, ...]:
    return tuple(f"statements.{topic}" for topic in topics)


def _measure(name: str, words: str, *others: str, supports: tuple[str, ...] = ()) -> Point:
    return Point(name, words, (f"measures.{name.casefold()}", *others), supports)


EU_AI_ACT_ART10 = (
    Point(
        "Art. 10(2)(a)",
        "Which choices of design shaped the data.",
        _said("design_choices"),
        ("policy", "steps"),
    ),
    Point(
        "Art. 10(2)(b)",
        "How the data was collected and where it came from; of personal data, what for at first.",
        (*_said("collection", "collection_type", "raw_data", "original_purpose"), "creators"),
        ("parents", "owner", "recorded"),
    ),
    Point(
        "Art. 10(2)(c)",
        "Which operations prepared it: annotation, labelling, cleaning, updating, enriching, "
        "aggregating.",
        (
            "activities",
            *_said("preprocessing", "manipulation", "imputation", "annotation_protocol"),
        ),
        ("steps", "parts", "approvals"),
    ),
    Point(
        "Art. 10(2)(d)",
        "Which assumptions were made, above all on what the data measures and represents.",
        _said("assumptions"),
    ),
    Point(
        "Art. 10(2)(e)",
        "Whether the data that is needed is available, enough, and suited.",
        _said("suitability"),
        ("size_bytes", "file_count", "record_count"),
    ),
    Point(
        "Art. 10(2)(f)",
        "Whether it was examined for biases that may harm people or discriminate.",
        _said("biases", "social_impact"),
        ("steps",),
    ),
    Point(
        "Art. 10(2)(g)",
        "What was done to find, prevent and lessen these biases.",
        _said("bias_mitigation"),
        ("steps",),
    ),
    Point(
        "Art. 10(2)(h)",
        "Which gaps or shortcomings were found, and how they can be dealt with.",
        _said("gaps", "limitations", "missing_data"),
    ),
    Point(
        "Art. 10(3)",
        "Whether it is relevant, representative, as free of errors and as complete as can be, with "
        "fitting statistical properties.",
        (
            *_said("representativeness"),
            "measures.accuracy",
            "measures.completeness",
            "measures.representativeness",
            "quality",
        ),
        ("content_root", "steps", "parts"),
    ),
    Point(
        "Art. 10(4)",
        "Whether it takes the geographical, contextual, behavioural or functional setting of its "
        "use into account.",
        (*_said("setting", "use_cases"), "spatial", "region", "temporal"),
    ),
    Point(
        "Art. 10(5)",
        "If special categories of personal data are processed to correct biases: why no other data "
        "will do, and which safeguards there are.",
        _said("special_categories", "personal_data", "privacy_enhancing"),
    ),
    Point(
        "Art. 10(6)",
        "For systems that are made without training: the same of the data for testing.",
        _said("use_cases"),
        ("stage", "steps"),
    ),
)

# The standards' own version, which every export writes, needs no fact.
DPS = (
    Point("Source: title", "The dataset's name.", ("title",), ("owner", "slug")),
    Point("Source: identifier", "A unique identifier of the metadata.", ("id",), ("head",)),
    Point("Source: location", "Where the metadata is published.", ("homepage",)),
    Point("Source: issuer", "Who is responsible for the dataset.", ("publisher", "owner")),
    Point("Source: description", "What the dataset holds.", ("description",), ("content_root",)),
    Point("Provenance: source", "The metadata of what it came from.", ("parents",)),
    Point("Provenance: origin", "Whose data it was at first.", ("creators",), ("owner",)),
    Point("Provenance: geography", "Where it was collected.", ("spatial", "region")),
    Point("Provenance: date", "When it was issued.", ("issued", "recorded")),
    Point("Provenance: previous date", "When the version before was issued.", ("previous",)),
    Point("Provenance: period", "From when to when it was generated.", ("temporal",)),
    Point(
        "Provenance: method",
        "How it was generated.",
        (*_said("generation_method"), "activities"),
        ("steps",),
    ),
    Point("Provenance: format", "In which formats it is.", ("files",), ("file_count",)),
    Point("Use: classification", "How confidential it is.", _said("confidentiality")),
    Point("Use: consents", "Where consents are documented.", _said("consent")),
    Point("Use: privacy", "Which techniques protect persons.", _said("privacy_enhancing")),
    Point(
        "Use: processing",
        "Where it may be processed, and where not.",
        _said("processing_included", "processing_excluded"),
    ),
    Point(
        "Use: storage",
        "Where it may be stored, and where not.",
        _said("storage_included", "storage_excluded"),
    ),
    Point("Use: license", "Under which licence.", ("licence",), ("bans",)),
    Point("Use: intended purpose", "What it is for.", _said("use_cases")),
    Point("Use: proprietary data", "Which rights it carries.", _said("proprietary")),
)

ISO5259 = (
    _measure("Accuracy", "Values are right, in form and in meaning."),
    _measure("Completeness", "Values that are expected are there.", *_said("missing_data")),
    _measure("Consistency", "Values do not contradict one another."),
    _measure("Credibility", "Values can be believed.", supports=("owner", "steps", "parts")),
    _measure("Currentness", "Values are of the right age.", "temporal", supports=("recorded",)),
    _measure("Accessibility", "Those who need it can reach it.", "homepage"),
    _measure("Compliance", "It keeps rules and agreements.", "licence", supports=("policy",)),
    _measure("Confidentiality", "Only the entitled can read it.", *_said("confidentiality")),
    _measure("Efficiency", "It can be processed with fitting effort.", supports=("size_bytes",)),
    _measure("Precision", "Values are exact enough."),
    Point(
        "Traceability",
        "It can be followed where it came from, and who changed it.",
        ("steps", "parents", "measures.traceability"),
        ("head", "registered", "content_root"),
    ),
    _measure("Understandability", "It can be read and interpreted.", "description"),
    _measure("Availability", "It can be had when it is needed."),
    _measure("Portability", "It can be moved and keeps its quality.", supports=("files",)),
    _measure("Recoverability", "It survives failures.", supports=("content_root", "files")),
    Point(
        "Auditability",
        "It can be audited, and whether it was.",
        ("head", "measures.auditability"),
        ("steps", "approvals", "manifest_digest"),
    ),
    _measure("Balance", "Its categories have fitting shares."),
    _measure("Diversity", "It has enough variety."),
    _measure("Effectiveness", "It serves the task it is for.", *_said("use_cases")),
    _measure("Identifiability", "Whether persons can be identified.", *_said("personal_data")),
    _measure("Relevance", "Its features matter for the task.", *_said("suitability")),
    _measure(
        "Representativeness", "It stands for those it is about.", *_said("representativeness")
    ),
    _measure("Similarity", "How alike its samples are."),
    _measure("Timeliness", "It comes soon enough after the fact.", supports=("recorded",)),
)
