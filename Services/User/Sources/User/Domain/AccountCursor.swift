import Contracts
import FoundationEssentials

/// Where a page of accounts ends: the last one on it.
struct AccountCursor: Hashable, Sendable {
    let createdAt: Instant
    let id: AccountID

    init(createdAt: Instant, id: AccountID) {
        self.createdAt = createdAt
        self.id = id
    }

    /// - Throws: `.invalid` naming `cursor`.
    init(_ text: String) throws(ServiceError) {
        // 8 bytes of microseconds, 16 of the identifier: 32 characters.
        guard text.utf8.count == 32, let bytes = [UInt8](base64URL: text), bytes.count == 24 else {
            throw .invalidCursor
        }
        (createdAt, id) = bytes.withUnsafeBytes { buffer in
            let microseconds = Int64(bigEndian: buffer.loadUnaligned(as: Int64.self))
            let uuid = UUID(uuid: buffer.loadUnaligned(fromByteOffset: 8, as: uuid_t.self))
            return (Instant(microsecondsSinceEpoch: microseconds), AccountID(uuid))
        }
    }

    var text: String {
        let microseconds = withUnsafeBytes(of: createdAt.microsecondsSinceEpoch.bigEndian) { [UInt8]($0) }
        return (microseconds + withUnsafeBytes(of: id.rawValue.uuid) { [UInt8]($0) }).base64URL
    }
}
