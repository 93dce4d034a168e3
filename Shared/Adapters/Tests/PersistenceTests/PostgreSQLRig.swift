import Contracts
import ContractsTesting
import FoundationEssentials
import PostgreSQL
import Testing

/// The URL of a superuser on a server that is thrown away.
let postgresURL = ProcessInfo.processInfo.environment["FRONTDESK_TEST_POSTGRES_URL"]
let withPostgres = ConditionTrait.enabled(
    if: postgresURL != nil, "FRONTDESK_TEST_POSTGRES_URL names no PostgreSQL server to test with.")

extension DatabaseRig {
    static let postgres = DatabaseRig("PostgreSQL") { body in
        try await withSchema { configuration async throws in try await body(PostgreSQLDatabase(configuration)) }
    }
}

/// Makes a schema, and removes it whatever happens.
func withSchema(_ body: (PostgreSQLConfiguration) async throws -> Void) async throws {
    let url = try #require(postgresURL)
    let name = "test_" + UUID().uuidString.lowercased().filter { $0 != "-" }
    let administrator = try PostgreSQLDatabase(PostgreSQLConfiguration(url: url))
    try await administrator.transaction { try $0.executeScript("CREATE SCHEMA \(name)") }
    let outcome: Result<Void, any Error>
    do {
        outcome = .success(try await body(PostgreSQLConfiguration(url: url, schema: name)))
    } catch {
        outcome = .failure(error)
    }
    try await administrator.transaction { try $0.executeScript("DROP SCHEMA \(name) CASCADE") }
    try outcome.get()
}
