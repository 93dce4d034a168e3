import CPostgreSQL
import Contracts
import FoundationEssentials

extension SQLValue {
    /// Each value says its type, so that a statement means the same wherever its parameter stands, functions
    /// that take anything included, and text isn't read as a number; the server converts where it would
    /// between columns (bigint to integer). NULL has no type in Swift: there the server decides, and where it
    /// can't (`$1 IS NULL`) the statement needs a CAST.
    var postgresType: Oid {
        switch self {
        case .null: .unspecified
        case .bool: .bool
        case .integer: .int8
        case .real: .float8
        case .text: .text
        case .bytes: .bytea
        case .uuid: .uuid
        case .instant: .timestamptz
        case .json: .jsonb
        }
    }
}

/// The parameters of one statement as libpq takes them, all in binary: no conversion can lose anything, and
/// the server needn't parse. Kept between statements, so that most need no memory of their own.
struct ParameterBuffer {
    private var bytes: [UInt8] = []
    private var starts: [Int] = []
    private var lengths: [Int32] = []
    private var formats: [Int32] = []
    private var pointers: [UnsafePointer<CChar>?] = []

    /// The server's own limit; what is longer would be cut off by libpq's count.
    private static let maximumParameters = Int(PQ_QUERY_PARAM_MAX_LIMIT)

    /// - Throws: `.failed` for what PostgreSQL can't hold.
    mutating func fill(_ values: [SQLValue]) throws(DatabaseError) {
        guard values.count <= Self.maximumParameters else {
            throw .failed("\(values.count) parameters are more than PostgreSQL takes.")
        }
        bytes.removeAll(keepingCapacity: bytes.capacity < 1 << 20)
        starts.removeAll(keepingCapacity: true)
        lengths.removeAll(keepingCapacity: true)
        for value in values {
            let start = bytes.count
            try append(value)
            guard bytes.count - start <= Int32.max else { throw .failed("A value is larger than 2 GiB.") }
            starts.append(value == .null ? -1 : start)
            lengths.append(Int32(bytes.count - start))
        }
        while formats.count < values.count { formats.append(1) }
        // So that there is always something to point at.
        bytes.append(0)
    }

    private mutating func append(_ value: SQLValue) throws(DatabaseError) {
        switch value {
        case .null: break
        case .bool(let bool): bytes.append(bool ? 1 : 0)
        case .integer(let integer): append(integer)
        case .real(let real): append(real.bitPattern)
        case .text(let text): bytes.append(contentsOf: text.utf8)
        case .bytes(let content): bytes.append(contentsOf: content)
        case .uuid(let uuid): withUnsafeBytes(of: uuid.uuid) { bytes.append(contentsOf: $0) }
        case .instant(let instant):
            let (shifted, overflows) = instant.microsecondsSinceEpoch.subtractingReportingOverflow(
                microsecondsToPostgresEpoch)
            // The two ends mean infinity there.
            guard !overflows, shifted != .max, shifted != .min else {
                throw .failed("An instant is beyond what PostgreSQL keeps.")
            }
            append(shifted)
        case .json(let text):
            // The version of the format.
            bytes.append(1)
            bytes.append(contentsOf: text.utf8)
        }
    }

    private mutating func append(_ integer: some FixedWidthInteger) {
        withUnsafeBytes(of: integer.bigEndian) { bytes.append(contentsOf: $0) }
    }

    /// Calls `body` with the count, the values, their lengths and their formats.
    mutating func withPointers<Result>(
        _ body: (
            Int32, UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?
        ) -> Result
    ) -> Result {
        bytes.withUnsafeBytes { bytes in
            let base = bytes.baseAddress!.assumingMemoryBound(to: CChar.self)
            pointers.removeAll(keepingCapacity: true)
            for start in starts { pointers.append(start < 0 ? nil : base + start) }
            return body(Int32(starts.count), pointers, lengths, formats)
        }
    }
}
