import Contracts
import Dispatch
import FoundationEssentials
import Synchronization
import Testing

/// Of the rows that came.
private final class LastNumber: Sendable {
    private let number = Mutex(0)

    var value: Int {
        get { number.withLock { $0 } }
        set { number.withLock { $0 = newValue } }
    }
}

extension DatabaseConformance {
    static let transactions: [Check<DatabaseRig>] = [
        Check("a transaction sees its own changes, and afterwards everybody does") { rig in
            try await rig { database in
                try await database.createCounter()
                let inside = try await database.transaction { transaction in
                    try transaction.increment()
                    return try transaction.counter()
                }
                #expect(inside == 1)
                let outside = try await database.counter
                #expect(outside == 1)
            }
        },

        Check("a transaction that throws leaves nothing, and its own error comes back") { rig in
            try await rig { database in
                try await database.createCounter()
                await #expect(throws: Mishap.self) {
                    try await database.transaction { transaction in
                        try transaction.increment()
                        try transaction.executeScript("CREATE TABLE leftover (id BIGINT)")
                        throw Mishap()
                    }
                }
                let value = try await database.counter
                #expect(value == 0)
                let error = await databaseError { try await database.query("SELECT id FROM leftover") }
                #expect(error != nil)
            }
        },

        Check("a statement tells how many rows it changed") { rig in
            try await rig { database in
                try await database.createThings()
                let counts = try await database.transaction { transaction in
                    try [
                        "INSERT INTO things (id, words) VALUES (1, 'a'), (2, 'b'), (3, 'c')",
                        "UPDATE things SET words = 'd' WHERE id >= 2",
                        "UPDATE things SET words = 'd' WHERE id > 3",
                        "INSERT INTO things (id) VALUES (1) ON CONFLICT (id) DO NOTHING",
                        "INSERT INTO things (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET words = 'e'",
                        "DELETE FROM things WHERE words = 'd'",
                        "DELETE FROM things WHERE words = 'd'",
                    ].map { try transaction.execute($0) }
                }
                #expect(counts == [3, 2, 0, 0, 1, 2, 0])
            }
        },

        Check("a change may return its rows") { rig in
            try await rig { database in
                try await database.createThings()
                let returned = try await database.transaction { transaction in
                    try transaction.query(
                        "INSERT INTO things (id, whole) VALUES (1, 10), (2, 20) RETURNING id, whole"
                    )
                    .map { try $0.value("whole", as: Int.self) }
                }
                #expect(returned == [10, 20])
                let rows = try await database.query("SELECT id FROM things")
                #expect(rows.count == 2)
            }
        },

        Check("broken rules are told apart") { rig in
            try await rig { database in
                try await database.transaction {
                    try $0.executeScript(
                        """
                        CREATE TABLE parents (id BIGINT PRIMARY KEY, name TEXT NOT NULL UNIQUE CHECK (name <> 'x'));
                        CREATE TABLE children (id BIGINT PRIMARY KEY, parent BIGINT NOT NULL REFERENCES parents (id));
                        INSERT INTO parents (id, name) VALUES (1, 'one'), (2, 'two');
                        """)
                }
                func error(of statement: SQL) async -> DatabaseError? {
                    await databaseError { try await database.transaction { _ = try $0.execute(statement) } }
                }
                for statement in [
                    "INSERT INTO parents (id, name) VALUES (1, 'three')",
                    "INSERT INTO parents (id, name) VALUES (3, 'one')",
                    "UPDATE parents SET name = 'one' WHERE id = 2",
                ] as [SQL] {
                    guard case .uniqueViolation = await error(of: statement) else {
                        Issue.record("Not a uniqueViolation: \(statement.pieces)")
                        continue
                    }
                }
                for statement in [
                    "INSERT INTO parents (id, name) VALUES (3, NULL)",
                    "INSERT INTO parents (id, name) VALUES (3, 'x')",
                    "INSERT INTO children (id, parent) VALUES (1, 9)",
                ] as [SQL] {
                    guard case .constraintViolation = await error(of: statement) else {
                        Issue.record("Not a constraintViolation: \(statement.pieces)")
                        continue
                    }
                }
            }
        },

        Check("writers at once lose nothing, and one that fails undoes only itself") { rig in
            try await rig { database in
                try await database.createCounter()
                for _ in 0..<4 {
                    await withTaskGroup(of: Void.self) { group in
                        for number in 0..<64 {
                            let fails = number.isMultiple(of: 8)
                            group.addTask {
                                do {
                                    try await database.transaction { transaction in
                                        try transaction.increment()
                                        if fails { throw Mishap() }
                                    }
                                    #expect(!fails)
                                } catch {
                                    #expect(fails && error is Mishap)
                                }
                            }
                        }
                    }
                }
                let value = try await database.counter
                #expect(value == 4 * 56)
            }
        },
    ]

    static let reads: [Check<DatabaseRig>] = [
        Check("a read is of one moment, whatever is written meanwhile") { rig in
            try await rig { database in
                try await database.createCounter()
                let hasRead = Gate()
                let written = DispatchSemaphore(value: 0)
                async let seen = database.read { reader in
                    let before = try reader.counter()
                    hasRead.open()
                    // A body is synchronous: it holds its thread for as long as it likes.
                    #expect(written.wait(timeout: .now() + 10) == .success)
                    return try [before, reader.counter()]
                }
                try await hasRead.wait()
                try await database.transaction { try $0.increment() }
                let value = try await database.counter
                written.signal()
                #expect(value == 1)
                let both = try await seen
                #expect(both == [0, 0])
            }
        },

        Check("a read can't write") { rig in
            try await rig { database in
                try await database.createCounter()
                for statement in ["DELETE FROM counters", "UPDATE counters SET value = 9 RETURNING value"]
                    as [SQL]
                {
                    let inQuery = await databaseError { try await database.query(statement) }
                    let inRead = await databaseError { try await database.read { _ = try $0.query(statement) } }
                    #expect(inQuery != nil && inRead != nil)
                }
                let value = try await database.counter
                #expect(value == 0)
            }
        },

        Check("any number of rows come in order and in constant memory") { rig in
            let count = rig.streamedRows
            try await rig { database in
                let load = String(repeating: "x", count: 200)
                let statement: SQL = """
                    WITH RECURSIVE numbers (number) AS (
                        SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < \(count)
                    )
                    SELECT number, CAST(\(load) AS TEXT) AS load FROM numbers
                    """
                let last = LastNumber()
                let memory = Record<Int>()
                try await database.rows(statement) { row in
                    let number: Int = try row.value("number")
                    guard number == last.value + 1 else { throw Mishap() }
                    last.value = number
                    // What the first rows take is there once, for any number; all of it would be many times that.
                    if number == 1000 || number == count { memory.append(try residentKibibytes()) }
                }
                #expect(last.value == count)
                #expect(memory.items[1] - memory.items[0] < 30 << 10)
            }
        },

        Check("a row may be as large as a message with a picture") { rig in
            try await rig { database in
                try await database.createThings()
                let text = String(repeating: "長い text ", count: 800_000)
                let bytes = (0..<(4 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31) }
                try await database.transaction { transaction in
                    for id in 1...2 {
                        try transaction.execute(
                            "INSERT INTO things (id, words, raw) VALUES (\(id), \(text), \(bytes))")
                    }
                }
                let rows = Record<SQLRow>()
                try await database.rows("SELECT words, raw FROM things") { rows.append($0) }
                for row in try await rows.items + database.query("SELECT words, raw FROM things") {
                    #expect(try row.value("words", as: String.self) == text)
                    #expect(try row.value("raw", as: [UInt8].self) == bytes)
                }
                #expect(rows.items.count == 2)
            }
        },

        Check("rows are of one moment, and nobody waits for their consumer") { rig in
            try await rig { database in
                try await database.createThings()
                try await database.transaction { transaction in
                    for id in 1...1000 { try transaction.execute("INSERT INTO things (id) VALUES (\(id))") }
                }
                let seen = Record<Int>()
                try await database.rows("SELECT id FROM things ORDER BY id") { row in
                    if seen.items.isEmpty {
                        try await database.transaction {
                            _ = try $0.execute("DELETE FROM things WHERE id > 10")
                        }
                    }
                    seen.append(try row.value("id"))
                }
                #expect(seen.items == Array(1...1000))
            }
        },

        Check("a consumer that throws gets its own error back, and nothing stays behind") { rig in
            try await rig { database in
                try await database.createCounter()
                let statement: SQL =
                    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"
                // More than any adapter has connections.
                for _ in 0..<100 {
                    await #expect(throws: EnoughHeard.self) {
                        try await database.rows(statement) { _ in throw EnoughHeard() }
                    }
                }
                try await database.transaction { try $0.increment() }
            }
        },

        Check("rows end when their consumer is cancelled") { rig in
            try await rig { database in
                let statement: SQL =
                    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"
                let first = Gate()
                // Endless, and the consumer itself doesn't look.
                let stream = Task { try await database.rows(statement) { _ in first.open() } }
                try await first.wait()
                stream.cancel()
                await #expect(throws: CancellationError.self) { try await stream.value }
            }
        },
    ]

    private static func residentKibibytes() throws -> Int {
        let status = try String(decoding: Data(contentsOf: URL(filePath: "/proc/self/status")), as: UTF8.self)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") })
        return try #require(Int(line.filter(\.isNumber)))
    }
}
