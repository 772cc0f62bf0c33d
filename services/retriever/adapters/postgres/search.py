"""Both rankings of a user's passages in one statement: nearest vectors, and most of the question's words.

A word weighs more the fewer of the user's passages hold it (BM25's inverse document frequency). A passage's score is
the weight of the words that it has in that of all; a word that it lacks counts `missing` of its weight.
"""

from collections.abc import Sequence
from typing import Any

from pgvector.sqlalchemy import VECTOR
from sqlalchemy import Row, Text, TextClause, bindparam, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY, DOUBLE_PRECISION

from services.retriever.adapters.postgres.rows import numbers
from services.retriever.adapters.postgres.tables import DIMENSIONS
from services.retriever.domain.words import COMMON_PASSAGES, WORTH, Asked
from services.retriever.ports import Found, Vector
from shared.messages import Passage

SEARCH_SETTINGS = select(
    func.set_config("hnsw.iterative_scan", "strict_order", True),
    func.set_config("hnsw.ef_search", "100", True),
)
"""For one transaction (`SET LOCAL`). HNSW filters after its scan: without iteration a user with one row in a
hundred would get one passage or none, however many there are."""

# The nearest: the inner query is all that the HNSW index sees, order by distance and nothing else.
# Words: GIN and the index of owners are intersected for each word; LIMIT bounds what a common one costs.
RANKINGS = text("""
WITH asked AS (
    SELECT word, missing, CAST(quote_literal(word) AS tsquery) AS query
    FROM unnest(CAST(:words AS text[]), CAST(:missing AS float8[])) AS a (word, missing)
), found AS MATERIALIZED (
    SELECT asked.word, asked.missing, p.document_id, p.number
    FROM asked LEFT JOIN LATERAL (
        SELECT document_id, number FROM retriever.passages
        WHERE user_id = :user AND words @@ asked.query LIMIT :common + 1
    ) AS p ON true
), weights AS (
    SELECT word, missing, ln(1 + (total - count(document_id) + 0.5) / (count(document_id) + 0.5)) AS weight
    FROM found, (SELECT sum(passages) AS total FROM retriever.documents WHERE user_id = :user) AS owned
    GROUP BY word, missing, total HAVING count(document_id) <= :common
), sums AS (
    SELECT document_id, number, sum(weight) AS has, sum(weight * weights.missing) AS not_missing
    FROM found JOIN weights USING (word) WHERE document_id IS NOT NULL GROUP BY document_id, number
), shares AS (
    SELECT document_id, number, has / (has + (SELECT sum(weight * missing) FROM weights) - not_missing) AS share
    FROM sums
), ranked AS (
    (SELECT true AS by_meaning, document_id, number, 1 - (embedding <=> :vector) AS score
     FROM retriever.passages WHERE user_id = :user ORDER BY embedding <=> :vector LIMIT :depth)
    UNION ALL
    (SELECT false, document_id, number, share
     FROM shares WHERE share >= :worth ORDER BY share DESC, document_id, number LIMIT :depth)
)
SELECT by_meaning, score, document_id, title, number, text, start_offset, end_offset
FROM ranked JOIN retriever.passages USING (document_id, number) JOIN retriever.documents ON id = document_id
ORDER BY score DESC, document_id, number
""").bindparams(
    bindparam("words", type_=ARRAY(Text)),
    bindparam("missing", type_=ARRAY(DOUBLE_PRECISION)),
    bindparam("vector", type_=VECTOR(DIMENSIONS)),
)


def rankings(user: str, vector: Vector, asked: Sequence[Asked], depth: int) -> TextClause:
    return RANKINGS.bindparams(
        user=user,
        vector=numbers(vector),
        words=[it.word for it in asked],
        missing=[it.missing for it in asked],
        common=COMMON_PASSAGES,
        worth=WORTH,
        depth=depth,
    )


def found(rows: Sequence[Row[Any]]) -> Found:
    return Found(
        by_meaning=[passage_of(row) for row in rows if row.by_meaning],
        by_words=[passage_of(row) for row in rows if not row.by_meaning],
    )


def passage_of(row: Row[Any]) -> Passage:
    return Passage(
        document=row.document_id,
        title=row.title,
        number=row.number,
        text=row.text,
        start=row.start_offset,
        end=row.end_offset,
        score=row.score,
    )
