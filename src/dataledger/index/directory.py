"""The columns of `datasets` that come from descriptions, and the triggers that keep them.

A description may arrive before or after the event that names it, and many datasets may have the
same one. The database itself copies, so that no writer can forget it. Titles are cut after 200
characters, as `schema.TITLE_CHARACTERS` says.
"""

from sqlalchemy import Connection

_SQLITE = """
CREATE TRIGGER datasets_inserted AFTER INSERT ON datasets
WHEN NEW.description IS NOT NULL BEGIN
    UPDATE datasets SET (title, licence, sector, region, quality) =
        (SELECT substr(title, 1, 200), licence, sector, region, quality
         FROM documents WHERE digest = NEW.description)
    WHERE dataset = NEW.dataset;
END

CREATE TRIGGER datasets_described AFTER UPDATE OF description ON datasets
WHEN NEW.description IS NOT OLD.description BEGIN
    UPDATE datasets SET (title, licence, sector, region, quality) =
        (SELECT substr(title, 1, 200), licence, sector, region, quality
         FROM documents WHERE digest = NEW.description)
    WHERE dataset = NEW.dataset;
END

CREATE TRIGGER documents_inserted AFTER INSERT ON documents BEGIN
    UPDATE datasets SET title = substr(NEW.title, 1, 200), licence = NEW.licence,
        sector = NEW.sector, region = NEW.region, quality = NEW.quality
    WHERE description = NEW.digest;
END

CREATE TRIGGER documents_changed
AFTER UPDATE OF title, licence, sector, region, quality ON documents BEGIN
    UPDATE datasets SET title = substr(NEW.title, 1, 200), licence = NEW.licence,
        sector = NEW.sector, region = NEW.region, quality = NEW.quality
    WHERE description = NEW.digest;
END

CREATE TRIGGER documents_gone AFTER DELETE ON documents BEGIN
    UPDATE datasets SET title = NULL, licence = NULL, sector = NULL, region = NULL, quality = NULL
    WHERE description = OLD.digest;
END
"""

_POSTGRESQL = """
CREATE FUNCTION dataset_described() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    SELECT substr(title, 1, 200), licence, sector, region, quality
    INTO NEW.title, NEW.licence, NEW.sector, NEW.region, NEW.quality
    FROM documents WHERE digest = NEW.description;
    RETURN NEW;
END $$

CREATE TRIGGER datasets_inserted BEFORE INSERT ON datasets FOR EACH ROW
WHEN (NEW.description IS NOT NULL) EXECUTE FUNCTION dataset_described()

CREATE TRIGGER datasets_described BEFORE UPDATE OF description ON datasets FOR EACH ROW
WHEN (NEW.description IS DISTINCT FROM OLD.description) EXECUTE FUNCTION dataset_described()

CREATE FUNCTION document_given() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    UPDATE datasets SET title = substr(NEW.title, 1, 200), licence = NEW.licence,
        sector = NEW.sector, region = NEW.region, quality = NEW.quality
    WHERE description = NEW.digest;
    RETURN NULL;
END $$

CREATE TRIGGER documents_given
AFTER INSERT OR UPDATE OF title, licence, sector, region, quality ON documents
FOR EACH ROW EXECUTE FUNCTION document_given()

CREATE FUNCTION document_gone() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    UPDATE datasets SET title = NULL, licence = NULL, sector = NULL, region = NULL, quality = NULL
    WHERE description = OLD.digest;
    RETURN NULL;
END $$

CREATE TRIGGER documents_gone AFTER DELETE ON documents
FOR EACH ROW EXECUTE FUNCTION document_gone()
"""

TRIGGERS = {
    "sqlite": tuple(_SQLITE.strip().split("\n\n")),
    "postgresql": tuple(_POSTGRESQL.strip().split("\n\n")),
}
"""Statements for each kind of database, to run once the tables stand."""


def create_triggers(connection: Connection) -> None:
    """Make the triggers, as the migration of the tables does."""
    for statement in TRIGGERS[connection.dialect.name]:
        connection.exec_driver_sql(statement)
