import Contracts
import FoundationEssentials
import Testing

extension DatabaseConformance {
    static let values: [Check<DatabaseRig>] = [
        Check("every kind of value comes back as it was") { rig in
            try await rig { database in
                try await database.createThings()
                try await roundTrip([true, false], in: "flag", of: database)
                try await roundTrip([0, 1, -1, .min, .max] as [Int64], in: "whole", of: database)
                try await roundTrip(
                    [
                        0, 1, -0.1, .pi, 1e21, 9_007_199_254_740_992, .greatestFiniteMagnitude,
                        .leastNonzeroMagnitude,
                        .infinity, -.infinity,
                    ] as [Double], in: "fraction", of: database)
                try await roundTrip(
                    [[], [0], [0, 0, 65, 0], Array("'; DROP TABLE things; --".utf8), Array(0...255)]
                        as [[UInt8]],
                    in: "raw", of: database)
                try await roundTrip(
                    [UUID(uuid: UUID_NULL), UUID(), UUID(uuidString: "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF")!],
                    in: "code", of: database)
                try await roundTrip(
                    [
                        "1970-01-01T00:00:00Z", "2026-03-01T09:30:00.123456Z", "1969-12-31T23:59:59.999999Z",
                        "0001-01-01T00:00:00.000001Z", "9999-12-31T23:59:59.999999Z",
                    ].map { Instant(rfc3339: $0)! }, in: "moment", of: database)
                // In the form that PostgreSQL gives it.
                try await roundTrip(
                    [#"{}"#, #"{"a": [1, null, "é\n?"]}"#, #"[true]"#].map(JSONText.init), in: "document",
                    of: database)
            }
        },

        Check("text comes back byte for byte") { rig in
            try await roundTrip(
                [
                    "", " ", "'", "\"", "?", "$1", ":a", "@b", "--", "/*", ";", "\\", "%_", "1", "NULL",
                    "\n\r\t\u{1}\u{7F}",
                    "\u{FEFF}after a mark", "e\u{301} and \u{E9}", "пароль 長い 👩‍👩‍👧", "\u{202E}turned",
                    "\u{FFFF}\u{10FFFF}",
                    String(repeating: "長い", count: 200_000),
                ], in: rig)
        },

        Check("no value is NULL of every kind") { rig in
            try await rig { database in
                try await database.createThings()
                try await roundTrip([nil] as [Bool?], in: "flag", of: database)
                try await roundTrip([nil, 7] as [Int64?], in: "whole", of: database)
                try await roundTrip([nil, 0.5] as [Double?], in: "fraction", of: database)
                try await roundTrip([nil, ""] as [String?], in: "words", of: database)
                try await roundTrip([nil, []] as [[UInt8]?], in: "raw", of: database)
                try await roundTrip([nil] as [UUID?], in: "code", of: database)
                try await roundTrip([nil] as [Instant?], in: "moment", of: database)
                let row = try await database.query("SELECT NULL AS missing")[0]
                #expect(throws: SQLRowError.self) { try row.value("missing", as: String.self) }
                #expect(throws: SQLRowError.self) { try row.value("absent", as: String?.self) }
            }
        },

        // PostgreSQL can't keep it, so nobody learns to rely on it.
        Check("text with a zero byte is refused and leaves nothing") { rig in
            try await rig { database in
                try await database.createThings()
                await expect(.zeroByteInText) {
                    try await database.transaction {
                        try $0.execute("INSERT INTO things (id, words) VALUES (1, 'before')")
                        try $0.execute("INSERT INTO things (id, words) VALUES (2, \("be\0hind"))")
                    }
                }
                await expect(.zeroByteInText) {
                    try await database.query("SELECT id FROM things WHERE words = \("\0")")
                }
                await expect(.zeroByteInText) {
                    try await database.rows("SELECT id FROM things WHERE words = \("\0")") { _ in }
                }
                let rows = try await database.query("SELECT id FROM things")
                #expect(rows.isEmpty)
            }
        },
    ]

    static func roundTrip<Value: SQLConvertible & Equatable & Sendable>(
        _ values: [Value], in column: SQL, of database: any Database,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        try await database.transaction { transaction in
            try transaction.execute("DELETE FROM things")
            for (id, value) in values.enumerated() {
                try transaction.execute("INSERT INTO things (id, \(column)) VALUES (\(id), \(value))")
            }
        }
        let rows = try await database.query("SELECT \(column) AS value FROM things ORDER BY id")
        #expect(rows.count == values.count, sourceLocation: sourceLocation)
        for (row, value) in zip(rows, values) {
            #expect(try row.value("value") == value, sourceLocation: sourceLocation)
        }
        for (id, value) in values.enumerated() where value.sqlValue != .null {
            let found = try await database.query(
                "SELECT id FROM things WHERE id = \(id) AND \(column) = \(value)")
            #expect(found.count == 1, "\(value) isn't found again", sourceLocation: sourceLocation)
        }
    }

    static let statements: [Check<DatabaseRig>] = [
        Check("literal text is no parameter") { rig in
            try await rig { database in
                let row = try await database.query(
                    """
                    SELECT '?' AS a, CAST(\(1) AS BIGINT) AS b, '?1 $1 :x @y' AS c, /* ? $2 */ 'it''s ?' AS d,
                        CAST(\("it's '?'") AS TEXT) AS "e?" -- ? '
                    """)[0]
                #expect(row.columns == ["a", "b", "c", "d", "e?"])
                let texts = try ["a", "c", "d", "e?"].map { try row.value($0, as: String.self) }
                #expect(texts == ["?", "?1 $1 :x @y", "it's ?", "it's '?'"])
                #expect(try row.value("b", as: Int.self) == 1)
            }
        },

        Check("one statement takes values of several kinds, and none") { rig in
            try await rig { database in
                try await database.createThings()
                func store(_ value: some SQLConvertible & Sendable, _ words: String?) async throws {
                    try await database.transaction { transaction in
                        try transaction.execute("DELETE FROM things")
                        try transaction.execute(
                            "INSERT INTO things (id, fraction, words) VALUES (1, \(value), \(words))")
                    }
                    let row = try await database.query("SELECT fraction, words FROM things")[0]
                    #expect(try row.value("fraction", as: Double?.self) == Double(sqlValue: value.sqlValue))
                    #expect(try row.value("words", as: String?.self) == words)
                }
                try await store(Double?.none, nil)
                try await store(1, "one")
                try await store(1.5, nil)
                try await store(Double?.none, "none")
                try await store(2, nil)
            }
        },

        Check("parts make one statement") { rig in
            try await rig { database in
                try await database.createThings()
                try await database.transaction { transaction in
                    for id in 1...5 {
                        try transaction.execute(
                            "INSERT INTO things (id, words) VALUES (\(id), \("word \(id)"))")
                    }
                }
                let wanted: [([Int], [Int])] = [([], []), ([2], [2]), ([5, 1, 9], [1, 5])]
                for (listed, expected) in wanted {
                    let condition: SQL = "id IN (\(SQL.list(listed))) AND words <> \("word 3")"
                    let statement: SQL =
                        "SELECT id FROM things WHERE \(condition) AND id > \(0)" + " ORDER BY id LIMIT \(10)"
                    let ids = try await database.query(statement).map { try $0.value("id", as: Int.self) }
                    #expect(ids == expected)
                }
            }
        },

        Check("a mistake in a statement is a failure, not an outage") { rig in
            try await rig { database in
                for statement in ["SELEC 1", "SELECT nothing FROM nowhere"] as [SQL] {
                    let inQuery = await databaseError { try await database.query(statement) }
                    let inRows = await databaseError { try await database.rows(statement) { _ in } }
                    let inTransaction = await databaseError {
                        try await database.transaction { _ = try $0.execute(statement) }
                    }
                    for error in [inQuery, inRows, inTransaction] {
                        guard case .failed = error else {
                            Issue.record("Expected .failed, got \(String(describing: error))")
                            continue
                        }
                    }
                }
            }
        },
    ]
}

private let UUID_NULL: uuid_t = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)

/// What `operation` fails with, when that is the database's error.
func databaseError<Result>(of operation: () async throws -> Result) async -> DatabaseError? {
    do {
        _ = try await operation()
        return nil
    } catch {
        return error as? DatabaseError
    }
}
