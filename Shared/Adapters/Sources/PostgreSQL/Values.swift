import CPostgreSQL
import Contracts
import FoundationEssentials

/// What an answer consists of.
struct Columns {
    let names: [String]
    private let types: [Oid]

    init(of result: OpaquePointer) {
        let indices = 0..<PQnfields(result)
        names = indices.map { String(cString: PQfname(result, $0)) }
        types = indices.map { PQftype(result, $0) }
    }

    /// The rows of an answer in binary form.
    /// - Throws: `.failed` for a type that has no form here.
    func rows(of result: OpaquePointer) throws(DatabaseError) -> [SQLRow] {
        var rows: [SQLRow] = []
        let count = PQntuples(result)
        rows.reserveCapacity(Int(count))
        for row in 0..<count {
            var values: [SQLValue] = []
            values.reserveCapacity(types.count)
            for (column, type) in types.enumerated() {
                guard let value = SQLValue(result, row, Int32(column), type) else {
                    throw .failed(
                        "Column \(names[column]) is of type \(type), which has no form here: CAST it.")
                }
                values.append(value)
            }
            rows.append(SQLRow(columns: names, values: values))
        }
        return rows
    }
}

extension SQLValue {
    /// - Returns: `nil` when the type isn't known here.
    fileprivate init?(_ result: OpaquePointer, _ row: Int32, _ column: Int32, _ type: Oid) {
        let length = Int(PQgetlength(result, row, column))
        if length == 0, PQgetisnull(result, row, column) == 1 {
            self = .null
            return
        }
        let bytes = UnsafeRawBufferPointer(start: PQgetvalue(result, row, column), count: length)
        switch type {
        case .int8: self = .integer(bytes.integer())
        case .text, .varchar, .bpchar, .name, .json, .unknown, .char:
            self = .text(String(decoding: bytes, as: UTF8.self))
        case .uuid: self = .uuid(UUID(uuid: bytes.loadUnaligned(as: uuid_t.self)))
        case .timestamptz, .timestamp: self = .instant(Instant(microsecondsSince2000: bytes.integer()))
        case .bool: self = .bool(bytes[0] != 0)
        case .bytea: self = .bytes([UInt8](bytes))
        case .jsonb: self = .json(String(decoding: bytes.dropFirst(), as: UTF8.self))
        case .float8: self = .real(Double(bitPattern: bytes.integer()))
        case .float4: self = .real(Double(Float(bitPattern: bytes.integer())))
        case .int4: self = .integer(Int64(bytes.integer() as Int32))
        case .int2: self = .integer(Int64(bytes.integer() as Int16))
        case .oid: self = .integer(Int64(bytes.integer() as UInt32))
        case .numeric: self.init(numeric: bytes)
        case .void: self = .null
        default: return nil
        }
    }

    /// What `sum` of a bigint is. An integer where it is one and fits, as from SQLite.
    /// Source: the server's numeric_send: digits to the base 10000, the first of which counts 10000^weight.
    private init(numeric bytes: UnsafeRawBufferPointer) {
        func field(_ index: Int) -> Int16 { UnsafeRawBufferPointer(rebasing: bytes[(index * 2)...]).integer() }
        let (count, weight) = (Int(field(0)), Int(field(1)))
        let (sign, decimals) = (UInt16(bitPattern: field(2)), field(3))
        switch sign {
        case 0xC000: self = .real(.nan)
        case 0xD000: self = .real(.infinity)
        case 0xF000: self = .real(-.infinity)
        default:
            var text = sign == 0x4000 ? "-0" : "0"
            for index in 0..<max(count, weight + 1) {
                let digits = String(index < count ? field(4 + index) : 0)
                text += String(repeating: "0", count: 4 - digits.count) + digits
            }
            if decimals == 0, count <= weight + 1, let integer = Int64(text) {
                self = .integer(integer)
            } else {
                // The digits as one whole number; what it is to be shifted by follows from their count.
                let shift = 4 * (weight + 1 - max(count, weight + 1))
                self = .real(Double(text + "e\(shift)") ?? .nan)
            }
        }
    }
}

extension Instant {
    fileprivate init(microsecondsSince2000 microseconds: Int64) {
        // The ends stand for infinity.
        let (sum, overflows) = microseconds.addingReportingOverflow(microsecondsToPostgresEpoch)
        self.init(
            microsecondsSinceEpoch: overflows || microseconds == .min ? (microseconds < 0 ? .min : .max) : sum)
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func integer<Integer: FixedWidthInteger>() -> Integer {
        Integer(bigEndian: loadUnaligned(as: Integer.self))
    }
}
