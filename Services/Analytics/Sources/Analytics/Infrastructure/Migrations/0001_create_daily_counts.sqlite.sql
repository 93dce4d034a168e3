CREATE TABLE daily_counts (
    day TEXT NOT NULL,        -- in UTC, 2026-03-01
    metric TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (day, metric)
) STRICT, WITHOUT ROWID;
