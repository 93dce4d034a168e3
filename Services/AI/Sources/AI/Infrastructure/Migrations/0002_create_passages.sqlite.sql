CREATE TABLE passages (
    id INTEGER PRIMARY KEY,
    article_id BLOB NOT NULL REFERENCES articles (id),
    title TEXT NOT NULL,
    heading TEXT NOT NULL,
    -- Word for word the bytes start_byte..<end_byte of the article's content.
    text TEXT NOT NULL,
    start_byte INTEGER NOT NULL,
    end_byte INTEGER NOT NULL
) STRICT;

CREATE INDEX passages_by_article ON passages (article_id);

-- The index keeps no copy of the text (external content). What it must forget it has to be told with the
-- words it once learned; the triggers do so in the transaction that changes the table, so the two can't
-- drift. Passages are inserted and deleted, never updated.
CREATE VIRTUAL TABLE passage_index USING fts5(
    title, heading, text,
    content = 'passages', content_rowid = 'id', tokenize = 'porter unicode61 remove_diacritics 2'
);

CREATE TRIGGER passages_inserted AFTER INSERT ON passages BEGIN
    INSERT INTO passage_index (rowid, title, heading, text) VALUES (new.id, new.title, new.heading, new.text);
END;

CREATE TRIGGER passages_deleted AFTER DELETE ON passages BEGIN
    INSERT INTO passage_index (passage_index, rowid, title, heading, text)
    VALUES ('delete', old.id, old.title, old.heading, old.text);
END;

CREATE TRIGGER passages_not_updated BEFORE UPDATE ON passages BEGIN
    SELECT RAISE(ABORT, 'passages are replaced, not updated');
END;

-- In how many passages each stem occurs.
CREATE VIRTUAL TABLE passage_words USING fts5vocab(passage_index, 'row');
