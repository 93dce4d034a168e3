import Contracts
import FoundationEssentials
import Testing

@Suite struct SQLTests {
    @Test func whatIsInterpolatedIsAParameter() {
        let name = "x'; DROP TABLE things; --"
        let nothing: String? = nil
        let statement: SQL = "SELECT '?' FROM things WHERE name = \(name) AND id = \(7) OR note IS \(nothing)"
        #expect(statement.parameters == [.text(name), .integer(7), .null])
        #expect(
            statement.text { "$\($0)" } == "SELECT '?' FROM things WHERE name = $1 AND id = $2 OR note IS $3")
        #expect(statement.pieces.count == statement.parameters.count + 1)
    }

    @Test func partsBringTheirParameters() {
        let inner: SQL = "a = \(1) OR b = \(2)"
        let condition: SQL = "(\(inner)) AND c = \(3)"
        let statement: SQL = "SELECT \(0) WHERE \(condition)" + " LIMIT \(4)" + "" + ";"
        #expect(statement.text { "<\($0)>" } == "SELECT <1> WHERE (a = <2> OR b = <3>) AND c = <4> LIMIT <5>;")
        #expect(statement.parameters == [.integer(0), .integer(1), .integer(2), .integer(3), .integer(4)])
    }

    @Test func listHasAParameterForEachValue() {
        let texts = [[], ["a"], ["a", "b", "c"]].map { SQL.list($0) }
        #expect(texts.map { $0.text { "$\($0)" } } == ["NULL", "$1", "$1, $2, $3"])
        #expect(texts.map(\.parameters.count) == [0, 1, 3])
        let statement: SQL = "x IN (\(texts[2])) AND y = \(7)"
        #expect(statement.text { "$\($0)" } == "x IN ($1, $2, $3) AND y = $4")
    }

    @Test func textWithAZeroByteIsFound() throws {
        #expect(throws: ServiceError.zeroByteInText) { try ("SELECT \(1), \("a\0")" as SQL).checkText() }
        #expect(throws: Never.self) { try ("SELECT \("a"), \([0] as [UInt8])" as SQL).checkText() }
    }

    @Test func widerFormsAreRead() throws {
        let uuid = try #require(UUID(uuidString: "017F22E2-79B0-7CC3-98C4-DC0C0C07398F"))
        let bytes = withUnsafeBytes(of: uuid.uuid) { [UInt8]($0) }
        #expect(UUID(sqlValue: .bytes(bytes)) == uuid)
        #expect(UUID(sqlValue: .bytes(bytes + [0])) == nil)
        #expect(AccountID(sqlValue: .bytes(bytes)) == AccountID(uuid))
        #expect(Instant(sqlValue: .integer(-1)) == Instant(microsecondsSinceEpoch: -1))
        #expect(Bool(sqlValue: .integer(1)) == true && Bool(sqlValue: .integer(0)) == false)
        #expect(Bool(sqlValue: .integer(2)) == nil)
        #expect(Double(sqlValue: .integer(2)) == 2)
        #expect(String(sqlValue: .json("{}")) == "{}")
        #expect(Status(sqlValue: .text("open")) == .open)
        #expect(Status(sqlValue: .text("ajar")) == nil)
        #expect(Int?(sqlValue: .null) == .some(.none))
        #expect(Int?(sqlValue: .text("1")) == nil)
    }

    @Test func rowTellsWhatIsWrongWithIt() throws {
        let row = SQLRow(columns: ["id", "name"], values: [.integer(7), .null])
        #expect(try row.value("id") == 7)
        #expect(try row.value("name", as: String?.self) == nil)
        for (column, problem) in [("nam", "no such column"), ("name", "not a String")] {
            let error = #expect(throws: SQLRowError.self) { try row.value(column, as: String.self) }
            #expect(error.map { "\($0)" }?.contains(problem) == true)
        }
    }

    @Test func migrationIsNamedByItsFile() {
        for name in ["0012_add_priority", "0012_add_priority.sql", "0012_add_priority.sqlite.sql"] {
            let migration = Migration(fileName: name, script: Array("SELECT 1".utf8))
            #expect(migration.version == 12)
            #expect(migration.name == "add_priority")
            #expect(migration.script(for: .sqlite) == "SELECT 1")
            #expect(migration.script(for: .postgres) == "SELECT 1")
        }
    }

    @Test func migrationHasAScriptForEachDialect() {
        let migration = Migration(
            fileName: "0001_create_x", sqlite: Array("SELECT 1".utf8), postgres: Array("SELECT 2".utf8))
        #expect(migration.script(for: .sqlite) == "SELECT 1")
        #expect(migration.script(for: .postgres) == "SELECT 2")
    }
}

private enum Status: String, SQLConvertible {
    case open
}
