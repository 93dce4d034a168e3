CREATE TABLE articles (
    id BLOB NOT NULL PRIMARY KEY,
    -- The business's own name for it.
    article_key TEXT UNIQUE,
    title TEXT NOT NULL,
    -- In lower case: what lists are ordered by.
    title_order TEXT NOT NULL,
    content TEXT NOT NULL,
    format TEXT NOT NULL,
    url TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    -- Of the article's newest event.
    sequence INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX articles_by_title ON articles (title_order, id);
