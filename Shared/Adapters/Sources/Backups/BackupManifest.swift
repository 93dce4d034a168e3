import Contracts
import FoundationEssentials

/// What a backup says of itself: the member `manifest.json` of its archive, the first one.
public struct BackupManifest: Codable, Sendable, Hashable {
    /// Of the archive's layout; raised when an older program couldn't read it any more.
    public var format = 1
    /// The version of the program that made it.
    public let program: String
    /// The moment that all of its databases are of.
    public let createdAt: Instant
    public let members: [Member]

    static let currentFormat = 1
    static let fileName = "manifest.json"
    /// More than any backup needs; what is larger isn't ours.
    static let maximumBytes = 16 << 20

    /// One service's database.
    public struct Member: Codable, Sendable, Hashable {
        /// `chat.sqlite`
        public let name: String
        public let bytes: Int64
        /// In hexadecimal.
        public let sha256: String
        public let contents: DatabaseContents
    }

    func encoded() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self)
    }

    /// - Throws: ``BackupError``.
    init(decoding data: Data) throws {
        struct Format: Decodable { let format: Int }
        let decoder = JSONDecoder()
        guard let format = try? decoder.decode(Format.self, from: data).format else {
            throw BackupError("Its list of contents can't be read, so this is no backup of Frontdesk's.")
        }
        guard format <= Self.currentFormat else {
            throw BackupError("The backup was made by a newer program. Use that one.")
        }
        do {
            self = try decoder.decode(Self.self, from: data)
        } catch {
            throw BackupError("Its list of contents is damaged. Take another backup.")
        }
        for member in members where !Self.isMemberName(member.name) || member.bytes < 0 {
            throw BackupError("Its list of contents is damaged. Take another backup.")
        }
        guard Set(members.map(\.name)).count == members.count else {
            throw BackupError("Its list of contents names a file twice. Take another backup.")
        }
    }

    init(program: String, createdAt: Instant, members: [Member]) {
        self.program = program
        self.createdAt = createdAt
        self.members = members
    }

    /// What comes from a file must not choose where it is written.
    private static func isMemberName(_ name: String) -> Bool {
        let stem = name.dropLast(".sqlite".count)
        return name.hasSuffix(".sqlite") && (1...40).contains(stem.count)
            && stem.utf8.allSatisfy { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
    }
}

/// What a database holds, in numbers: to compare before and after.
public struct DatabaseContents: Codable, Sendable, Hashable {
    /// In order.
    public let migrations: [AppliedMigration]
    /// How many rows each table has.
    public let tables: [String: Int64]
    /// Up to which position the service has recorded events.
    public let lastEvent: Int64?
    /// Up to which position each subscriber has received them.
    public let cursors: [String: Int64]

    public struct AppliedMigration: Codable, Sendable, Hashable {
        public let component: String
        public let version: Int
        public let name: String
        public let checksum: String?
    }

    public var rows: Int64 { tables.values.reduce(0, +) }
}

/// Why a backup can't be made, read or restored, for a person.
public struct BackupError: Error, CustomStringConvertible, Sendable {
    public let description: String

    public init(_ description: String) {
        self.description = description
    }
}
