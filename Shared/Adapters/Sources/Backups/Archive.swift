import Contracts
import FoundationEssentials

/// Writes files into a tar archive, one after another, in constant memory. Any tar program reads it.
///
/// Source: POSIX.1-2024, pax, "ustar Interchange Format" and "pax Header Block".
struct ArchiveWriter {
    private let file: OutputFile
    private let time: Instant

    /// - Parameter time: When the files were last changed, for those who unpack them by hand.
    init(_ file: OutputFile, time: Instant) {
        self.file = file
        self.time = time
    }

    func add(_ name: String, bytes: Int64, from source: InputFile) throws {
        try begin(name, bytes: bytes)
        var rest = bytes
        while rest > 0 {
            let part = try source.read(atMost: Int(min(rest, 1 << 20)))
            guard !part.isEmpty else { throw BackupError.endsEarly }
            try file.write(part)
            rest -= Int64(part.count)
        }
        try pad(bytes)
    }

    func add(_ name: String, _ contents: Data) throws {
        try begin(name, bytes: Int64(contents.count))
        try file.write(contents)
        try pad(Int64(contents.count))
    }

    /// Two empty blocks end an archive.
    func finish() throws {
        try file.write([UInt8](repeating: 0, count: 2 * TarHeader.blockSize))
        try file.flush()
    }

    func begin(_ name: String, bytes: Int64) throws {
        if bytes > TarHeader.maximumBytes { try addSize(bytes) }
        try file.write(
            TarHeader(name: name, kind: .file, bytes: min(bytes, TarHeader.maximumBytes)).block(time))
    }

    /// A header has 11 octal digits for the size: 8 GiB. What is larger gets a record before it.
    private func addSize(_ bytes: Int64) throws {
        // The record's length counts its own two digits.
        let rest = " size=\(bytes)\n"
        let record = "\(rest.utf8.count + 2)" + rest
        try file.write(TarHeader(name: "size", kind: .extended, bytes: Int64(record.utf8.count)).block(time))
        try file.write(record.utf8)
        try pad(Int64(record.utf8.count))
    }

    private func pad(_ bytes: Int64) throws {
        try file.write([UInt8](repeating: 0, count: TarHeader.padding(bytes)))
    }
}

/// Reads what ``ArchiveWriter`` wrote, in constant memory.
struct ArchiveReader {
    private let file: InputFile

    init(_ file: InputFile) {
        self.file = file
    }

    /// The next file, whose contents are to be read before the one after it.
    /// - Returns: `nil` at the end.
    func next() throws -> (name: String, bytes: Int64)? {
        var size: Int64?
        while true {
            guard let header = try TarHeader(file.read(exactly: TarHeader.blockSize)) else { return nil }
            switch header.kind {
            case .file: return (header.name, size ?? header.bytes)
            case .extended: size = try readSize(header)
            }
        }
    }

    func contents(_ bytes: Int64, each: (ArraySlice<UInt8>) throws -> Void) throws {
        var rest = bytes
        while rest > 0 {
            let part = try file.read(atMost: Int(min(rest, 1 << 20)))
            guard !part.isEmpty else { throw BackupError.endsEarly }
            try each(part)
            rest -= Int64(part.count)
        }
        _ = try file.read(exactly: TarHeader.padding(bytes))
    }

    private func readSize(_ header: TarHeader) throws -> Int64 {
        guard header.bytes <= Int64(TarHeader.blockSize) else { throw BackupError.notAnArchive }
        let record = String(decoding: try file.read(exactly: Int(header.bytes)), as: UTF8.self)
        _ = try file.read(exactly: TarHeader.padding(header.bytes))
        guard let mark = record.firstRange(of: " size="), record.hasSuffix("\n"),
            let size = Int64(record[mark.upperBound...].dropLast()), size >= 0
        else { throw BackupError.notAnArchive }
        return size
    }
}

/// A header block.
struct TarHeader {
    let name: String
    let kind: Kind
    let bytes: Int64

    enum Kind: UInt8 {
        case file = 0x30
        /// About the file that follows.
        case extended = 0x78
    }

    static let blockSize = 512
    static let maximumBytes: Int64 = 0o77_777_777_777
    private static let checksumField = 148..<156

    static func padding(_ bytes: Int64) -> Int {
        Int((512 - bytes % 512) % 512)
    }

    init(name: String, kind: Kind, bytes: Int64) {
        precondition(name.utf8.count <= 100)
        self.name = name
        self.kind = kind
        self.bytes = bytes
    }

    /// - Returns: `nil` for the block that ends the archive.
    init?(_ block: [UInt8]) throws {
        if block.allSatisfy({ $0 == 0 }) { return nil }
        guard block[257..<262].elementsEqual("ustar".utf8), let kind = Kind(rawValue: block[156]),
            let bytes = Self.octal(block[124..<136]),
            Self.octal(block[Self.checksumField]) == Self.checksum(block)
        else { throw BackupError.notAnArchive }
        name = String(decoding: block[..<100].prefix { $0 != 0 }, as: UTF8.self)
        self.kind = kind
        self.bytes = bytes
    }

    func block(_ time: Instant) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: Self.blockSize)
        func put(_ text: some Collection<UInt8>, at offset: Int) {
            block.replaceSubrange(offset..<offset + text.count, with: text)
        }
        func put(_ number: Int64, at offset: Int, digits: Int) {
            let text = String(number, radix: 8)
            put((String(repeating: "0", count: digits - text.count) + text).utf8, at: offset)
        }
        put(name.utf8, at: 0)
        put(0o600, at: 100, digits: 7)
        put(0, at: 108, digits: 7)
        put(0, at: 116, digits: 7)
        put(bytes, at: 124, digits: 11)
        put(max(0, time.microsecondsSinceEpoch / 1_000_000), at: 136, digits: 11)
        block[156] = kind.rawValue
        put("ustar\0".utf8, at: 257)
        put("00".utf8, at: 263)
        put(Self.checksum(block), at: Self.checksumField.lowerBound, digits: 6)
        block[155] = UInt8(ascii: " ")
        return block
    }

    /// The sum of all bytes, with the checksum's own taken as spaces.
    private static func checksum(_ block: [UInt8]) -> Int64 {
        block.enumerated().reduce(0) { sum, byte in
            sum + Int64(checksumField.contains(byte.offset) ? UInt8(ascii: " ") : byte.element)
        }
    }

    private static func octal(_ field: ArraySlice<UInt8>) -> Int64? {
        Int64(String(decoding: field.prefix { $0 != 0 && $0 != UInt8(ascii: " ") }, as: UTF8.self), radix: 8)
            .flatMap { $0 >= 0 ? $0 : nil }
    }
}

extension BackupError {
    static let notAnArchive = BackupError("The file is no backup of Frontdesk's, or it is damaged.")
}
