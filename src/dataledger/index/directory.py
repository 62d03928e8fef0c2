"""What lists and searches of datasets read, and the triggers that keep it.

The columns of `datasets` that come from descriptions, with titles cut after 200 characters as
`schema.TITLE_CHARACTERS` says; and `datasets_search`, the words of each dataset's slug and
description, whose row id is `registered_event`. A description may arrive before or after the event
that names it, and many datasets may have the same one: the database itself copies, so that no
writer can forget it.
"""

from sqlalchemy import Connection

_SQLITE = """
CREATE VIRTUAL TABLE datasets_search USING fts5
(words, prefix = '2 3', tokenize = 'unicode61 remove_diacritics 2')

CREATE TRIGGER datasets_inserted AFTER INSERT ON datasets BEGIN
    DELETE FROM datasets_search WHERE rowid = NEW.registered_event;
    INSERT INTO datasets_search (rowid, words) VALUES (NEW.registered_event, NEW.slug || ' ' ||
        coalesce((SELECT search_text FROM documents WHERE digest = NEW.description), ''));
    UPDATE datasets SET (title, licence, sector, region, quality) =
        (SELECT substr(title, 1, 200), licence, sector, region, quality
         FROM documents WHERE digest = NEW.description)
    WHERE dataset = NEW.dataset AND NEW.description IS NOT NULL;
END

CREATE TRIGGER datasets_described AFTER UPDATE OF description ON datasets
WHEN NEW.description IS NOT OLD.description BEGIN
    UPDATE datasets_search SET words = NEW.slug || ' ' ||
        coalesce((SELECT search_text FROM documents WHERE digest = NEW.description), '')
    WHERE rowid = NEW.registered_event;
    UPDATE datasets SET (title, licence, sector, region, quality) =
        (SELECT substr(title, 1, 200), licence, sector, region, quality
         FROM documents WHERE digest = NEW.description)
    WHERE dataset = NEW.dataset;
END

CREATE TRIGGER datasets_removed AFTER DELETE ON datasets BEGIN
    DELETE FROM datasets_search WHERE rowid = OLD.registered_event;
END

CREATE TRIGGER documents_inserted AFTER INSERT ON documents BEGIN
    UPDATE datasets_search SET words =
        (SELECT slug FROM datasets WHERE registered_event = datasets_search.rowid)
        || ' ' || NEW.search_text
    WHERE rowid IN (SELECT registered_event FROM datasets WHERE description = NEW.digest);
    UPDATE datasets SET title = substr(NEW.title, 1, 200), licence = NEW.licence,
        sector = NEW.sector, region = NEW.region, quality = NEW.quality
    WHERE description = NEW.digest;
END

CREATE TRIGGER documents_changed
AFTER UPDATE OF title, licence, sector, region, quality, search_text ON documents BEGIN
    UPDATE datasets_search SET words =
        (SELECT slug FROM datasets WHERE registered_event = datasets_search.rowid)
        || ' ' || NEW.search_text
    WHERE rowid IN (SELECT registered_event FROM datasets WHERE description = NEW.digest);
    UPDATE datasets SET title = substr(NEW.title, 1, 200), licence = NEW.licence,
        sector = NEW.sector, region = NEW.region, quality = NEW.quality
    WHERE description = NEW.digest;
END

CREATE TRIGGER documents_removed AFTER DELETE ON documents BEGIN
    UPDATE datasets_search SET words =
        (SELECT slug FROM datasets WHERE registered_event = datasets_search.rowid)
    WHERE rowid IN (SELECT registered_event FROM datasets WHERE description = OLD.digest);
    UPDATE datasets SET title = NULL, licence = NULL, sector = NULL, region = NULL, quality = NULL
    WHERE description = OLD.digest;
END
"""

# PostgreSQL's parser takes `roads.csv` for the name of a computer: punctuation becomes space.
_POSTGRESQL = r"""
CREATE TABLE datasets_search (registered_event bigint PRIMARY KEY, words tsvector NOT NULL)

CREATE INDEX datasets_search_words ON datasets_search USING gin (words) WITH (fastupdate = off)

CREATE FUNCTION dataset_words(slug text, document text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT to_tsvector('simple', translate(slug || ' ' || coalesce(document, ''),
        '!"#$%&''()*+,-./:;<=>?@[\]^_`{|}~', repeat(' ', 32)))
$$

CREATE FUNCTION dataset_described() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE found documents%ROWTYPE;
BEGIN
    SELECT * INTO found FROM documents WHERE digest = NEW.description;
    NEW.title := substr(found.title, 1, 200);
    NEW.licence := found.licence;
    NEW.sector := found.sector;
    NEW.region := found.region;
    NEW.quality := found.quality;
    INSERT INTO datasets_search
    VALUES (NEW.registered_event, dataset_words(NEW.slug, found.search_text))
    ON CONFLICT (registered_event) DO UPDATE SET words = EXCLUDED.words;
    RETURN NEW;
END $$

CREATE TRIGGER datasets_inserted BEFORE INSERT ON datasets
FOR EACH ROW EXECUTE FUNCTION dataset_described()

CREATE TRIGGER datasets_described BEFORE UPDATE OF description ON datasets FOR EACH ROW
WHEN (NEW.description IS DISTINCT FROM OLD.description) EXECUTE FUNCTION dataset_described()

CREATE FUNCTION dataset_removed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM datasets_search WHERE registered_event = OLD.registered_event;
    RETURN NULL;
END $$

CREATE TRIGGER datasets_removed AFTER DELETE ON datasets
FOR EACH ROW EXECUTE FUNCTION dataset_removed()

CREATE FUNCTION document_given() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE datasets_search SET words = dataset_words(datasets.slug, NEW.search_text)
    FROM datasets WHERE datasets.description = NEW.digest
    AND datasets_search.registered_event = datasets.registered_event;
    UPDATE datasets SET title = substr(NEW.title, 1, 200), licence = NEW.licence,
        sector = NEW.sector, region = NEW.region, quality = NEW.quality
    WHERE description = NEW.digest;
    RETURN NULL;
END $$

CREATE TRIGGER documents_given
AFTER INSERT OR UPDATE OF title, licence, sector, region, quality, search_text ON documents
FOR EACH ROW EXECUTE FUNCTION document_given()

CREATE FUNCTION document_removed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE datasets_search SET words = dataset_words(datasets.slug, NULL)
    FROM datasets WHERE datasets.description = OLD.digest
    AND datasets_search.registered_event = datasets.registered_event;
    UPDATE datasets SET title = NULL, licence = NULL, sector = NULL, region = NULL, quality = NULL
    WHERE description = OLD.digest;
    RETURN NULL;
END $$

CREATE TRIGGER documents_removed AFTER DELETE ON documents
FOR EACH ROW EXECUTE FUNCTION document_removed()
"""

STATEMENTS = {
    "sqlite": tuple(_SQLITE.strip().split("\n\n")),
    "postgresql": tuple(_POSTGRESQL.strip().split("\n\n")),
}
"""For each kind of database, to run once the tables stand."""


def create_directory(connection: Connection) -> None:
    """Make the search table and the triggers, as the migration of the tables does."""
    for statement in STATEMENTS[connection.dialect.name]:
        # With parameters, even none, PostgreSQL's driver gives percent signs a meaning.
        connection.exec_driver_sql(statement, None, {"no_parameters": True})
