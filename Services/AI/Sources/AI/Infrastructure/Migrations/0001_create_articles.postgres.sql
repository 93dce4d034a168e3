CREATE TABLE articles (
    id uuid PRIMARY KEY,
    -- The business's own name for it.
    article_key text UNIQUE,
    title text NOT NULL,
    -- In lower case, by code point: what lists are ordered by, alike whatever the database's locale.
    title_order text COLLATE "C" NOT NULL,
    content text NOT NULL,
    format text NOT NULL,
    url text,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    -- Of the article's newest event.
    sequence bigint NOT NULL
);

CREATE INDEX articles_by_title ON articles (title_order, id);
