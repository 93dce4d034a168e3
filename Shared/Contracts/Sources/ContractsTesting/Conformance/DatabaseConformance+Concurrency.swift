import Contracts
import Testing

extension DatabaseConformance {
    static let concurrency: [Check<DatabaseRig>] = [
        Check("of those who change what they have read, none overwrites another's change") { rig in
            try await rig { database in
                try await database.createCounter()
                let writers = 48
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<writers {
                        group.addTask {
                            try await database.transaction { transaction in
                                let value = try transaction.counter()
                                try transaction.execute("UPDATE counters SET value = \(value + 1)")
                            }
                        }
                    }
                    try await group.waitForAll()
                }
                let value = try await database.counter
                #expect(value == writers)
            }
        },

        // Neither writes what the other writes, so no lock brings them together: write skew.
        Check("a rule about several rows holds whoever changes them at once") { rig in
            try await rig { database in
                let shifts = 40
                try await database.transaction { transaction in
                    try transaction.executeScript(
                        "CREATE TABLE shifts (shift BIGINT, agent BIGINT, works BIGINT, PRIMARY KEY (shift, agent))"
                    )
                    for shift in 0..<shifts {
                        try transaction.execute("INSERT INTO shifts VALUES (\(shift), 1, 1), (\(shift), 2, 1)")
                    }
                }
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for shift in 0..<shifts {
                        for agent in 1...2 {
                            group.addTask { try await database.transaction { try $0.leave(shift, agent) } }
                        }
                    }
                    try await group.waitForAll()
                }
                let working = try await database.query(
                    "SELECT shift, sum(works) AS agents FROM shifts GROUP BY shift ORDER BY shift")
                let agents = try working.map { try $0.value("agents", as: Int.self) }
                #expect(agents == Array(repeating: 1, count: shifts))
            }
        },

        Check("of those who add the same thing at once, one does") { rig in
            try await rig { database in
                try await database.createThings()
                let added = Record<Int>()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for writer in 0..<32 {
                        group.addTask {
                            let count = try await database.transaction { transaction in
                                try transaction.execute(
                                    "INSERT INTO things (id, whole) VALUES (1, \(writer)) ON CONFLICT (id) DO NOTHING"
                                )
                            }
                            if count == 1 { added.append(writer) }
                        }
                    }
                    try await group.waitForAll()
                }
                let winner = try await database.query("SELECT whole FROM things").map {
                    try $0.value("whole", as: Int.self)
                }
                #expect(winner == added.items)
                #expect(winner.count == 1)
            }
        },

        Check("readers see whole transactions") { rig in
            try await rig { database in
                try await database.createThings()
                try await database.transaction {
                    _ = try $0.execute("INSERT INTO things (id, whole) VALUES (1, 500), (2, 500)")
                }
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for amount in 1...50 {
                        group.addTask {
                            try await database.transaction { transaction in
                                try transaction.execute(
                                    "UPDATE things SET whole = whole - \(amount) WHERE id = 1")
                                try transaction.execute(
                                    "UPDATE things SET whole = whole + \(amount) WHERE id = 2")
                            }
                        }
                        group.addTask {
                            let row = try await database.query("SELECT sum(whole) AS total FROM things")[0]
                            #expect(try row.value("total", as: Int.self) == 1000)
                        }
                    }
                    try await group.waitForAll()
                }
                let total = try await database.query("SELECT whole FROM things ORDER BY id").map {
                    try $0.value("whole", as: Int.self)
                }
                #expect(total == [500 - 1275, 500 + 1275])
            }
        },

        Check("a transaction of somebody who is gone leaves nothing") { rig in
            try await rig { database in
                try await database.createCounter()
                let writer = Task {
                    withUnsafeCurrentTask { $0?.cancel() }
                    try await database.transaction { try $0.increment() }
                }
                await #expect(throws: CancellationError.self) { try await writer.value }
                try await database.transaction { try $0.increment() }
                let value = try await database.counter
                #expect(value == 1)
            }
        },
    ]
}

extension SQLTransaction {
    /// Leaves when somebody else stays.
    fileprivate func leave(_ shift: Int, _ agent: Int) throws {
        let working: Int =
            try query("SELECT count(*) AS agents FROM shifts WHERE shift = \(shift) AND works = 1")[0].value(
                "agents")
        guard working > 1 else { return }
        try execute("UPDATE shifts SET works = 0 WHERE shift = \(shift) AND agent = \(agent)")
    }
}
