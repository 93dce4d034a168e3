import Contracts
import ContractsTesting
import SQLite
import Testing

extension PersistenceTests {
    /// Short statements are answered on the caller's thread, long ones elsewhere: nobody can tell.
    @Suite struct QuickReadsTests {
        private static func numbers(to last: Int) -> SQL {
            """
            WITH RECURSIVE numbers (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < \(last))
            SELECT count(*) AS count, sum(number) AS sum FROM numbers
            """
        }

        @Test func aStatementOfAnyLengthIsAnsweredInFull() async throws {
            try await withTemporaryFolder { folder async throws in
                let database = try SQLiteDatabase(path: folder + "/test.sqlite")
                for last in [1, 100, 1000, 10_000, 300_000] {
                    let row = try #require(try await database.query(Self.numbers(to: last)).first)
                    #expect(try row.value("count") == last)
                    #expect(try row.value("sum") == last * (last + 1) / 2)
                }
            }
        }

        @Test func manyAtOnceSeeWhatWasCommittedBefore() async throws {
            try await withTemporaryFolder { folder async throws in
                let database = try SQLiteDatabase(path: folder + "/test.sqlite")
                try await database.createNotes()
                for number in 1...20 {
                    try await database.transaction { try $0.insertNote(number) }
                    try await withThrowingTaskGroup(of: Int.self) { group in
                        for _ in 0..<32 {
                            group.addTask { try await database.notes.count }
                        }
                        for try await count in group { #expect(count == number) }
                    }
                }
            }
        }

        @Test func aMistakeInAStatementIsReported() async throws {
            try await withTemporaryFolder { folder async throws in
                let database = try SQLiteDatabase(path: folder + "/test.sqlite")
                await #expect(throws: DatabaseError.self) {
                    try await database.query("SELECT nothing FROM nowhere")
                }
                #expect(try await database.query("SELECT 1 AS one").first?.value("one") == 1)
            }
        }
    }
}
