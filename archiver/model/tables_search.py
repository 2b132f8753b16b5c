"""What search knows of a version beside its words: one narrow row each, all of it derived.

A row goes into the index with its version, in the same transaction, and goes when its record is
destroyed. Being derived, it has no foreign keys for every step to check.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, String, Table, Text

from archiver.model.tables import Id, metadata

search_rows = Table(
    "search_rows",
    metadata,
    Column("version_id", Id, primary_key=True, autoincrement=False),
    Column("record_id", Id, nullable=False, index=True),
    Column("account_id", Id, nullable=False),
    Column("kind", String(10), nullable=False),
    # When its record was published, as the id of a version would say it; empty where the id
    # says just that, so that a range of dates is a range of ids; -1: not known.
    Column("published", BigInteger),
    Column("marks", Text, nullable=False),  # model.search_words.marks
    Column("pictures", Text, nullable=False),  # what was read out of its media
)

# SQLite: words as they are written, marks, and what was read out of media; one index for all.
# Forms of a word (plural, tense) are looked up in `search_stems` when a question is asked, so
# the same index answers exact questions too.
SQLITE_SEARCH = (
    "DROP TABLE versions_search",
    """CREATE VIEW versions_searched AS
        SELECT v.id AS id, v.title AS title, v.words AS words, s.marks AS marks,
        s.pictures AS pictures
        FROM versions v JOIN search_rows s ON s.version_id = v.id""",
    """CREATE VIRTUAL TABLE versions_search USING fts5(
        title, words, marks, pictures, content='versions_searched', content_rowid='id',
        tokenize="unicode61 remove_diacritics 2")""",
    """CREATE TABLE search_stems (
        stem TEXT NOT NULL, term TEXT NOT NULL, PRIMARY KEY (stem, term)) WITHOUT ROWID""",
    "CREATE INDEX ix_search_stems_term ON search_stems (term, stem)",
)
# PostgreSQL, as schema 0007 had it: what its own parser and stemmers make of a text, which is
# Spanish when it says so or when two of its words are among the commonest of that language.
_SPANISH = (
    r"left(language, 2) = 'es' OR words ~* "
    r"'\m(los|las|del|para|que|una|por|con|el)\M.*\m(los|las|del|para|que|una|por|con|el)\M'"
)
_TEXT = "title || ' ' || words"
POSTGRESQL_SEARCH = (
    f"""ALTER TABLE versions
        ADD COLUMN exact tsvector GENERATED ALWAYS AS
        (to_tsvector('simple', {_TEXT})) STORED,
        ADD COLUMN spanish tsvector GENERATED ALWAYS AS
        (to_tsvector('spanish', CASE WHEN {_SPANISH} THEN {_TEXT} ELSE '' END)) STORED""",
    "CREATE INDEX ix_versions_exact ON versions USING gin (exact)",
    "CREATE INDEX ix_versions_spanish ON versions USING gin (spanish)",
    "CREATE INDEX ix_search_rows_marks ON search_rows "
    "USING gin (to_tsvector('simple', marks || ' ' || pictures))",
)
# PostgreSQL since schema 0009: one row a version, of what `queries.search_vectors` makes of it.
POSTGRESQL_TEXTS = (
    "CREATE TABLE search_texts (version_id bigint PRIMARY KEY, found tsvector NOT NULL)",
    "DROP INDEX ix_search_rows_marks",
    "ALTER TABLE versions DROP COLUMN search, DROP COLUMN exact, DROP COLUMN spanish",
)
POSTGRESQL_TEXTS_INDEX = "CREATE INDEX ix_search_texts_found ON search_texts USING gin (found)"
INDEXES = (
    "CREATE INDEX ix_search_rows_published ON search_rows (published) WHERE published IS NOT NULL",
    "CREATE INDEX ix_records_author_handle_lower ON records (lower(author_handle))",
    "CREATE INDEX ix_records_author_name_lower ON records (lower(author_name))",
)
