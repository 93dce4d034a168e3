import CPostgreSQL

/// How many rows to fetch at once: about a mebibyte, whatever the size of one.
struct RowBatchSize {
    private(set) var rows = 64

    private static let bytes = 1 << 20

    mutating func learn(from result: OpaquePointer, rows count: Int) {
        let bytesPerRow = max(1, PQresultMemorySize(result) / count)
        rows = min(max(1, Self.bytes / bytesPerRow), rows * 4, 2048)
    }
}
