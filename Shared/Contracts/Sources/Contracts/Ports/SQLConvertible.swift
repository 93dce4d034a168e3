import FoundationEssentials

extension String: SQLConvertible {
    public var sqlValue: SQLValue { .text(self) }
    public init?(sqlValue: SQLValue) {
        switch sqlValue {
        case .text(let text), .json(let text): self = text
        default: return nil
        }
    }
}

extension Int64: SQLConvertible {
    public var sqlValue: SQLValue { .integer(self) }
    public init?(sqlValue: SQLValue) {
        guard case .integer(let integer) = sqlValue else { return nil }
        self = integer
    }
}

extension Int: SQLConvertible {
    public var sqlValue: SQLValue { .integer(Int64(self)) }
    public init?(sqlValue: SQLValue) {
        guard case .integer(let integer) = sqlValue else { return nil }
        self.init(exactly: integer)
    }
}

extension Bool: SQLConvertible {
    public var sqlValue: SQLValue { .bool(self) }
    public init?(sqlValue: SQLValue) {
        switch sqlValue {
        case .bool(let bool): self = bool
        case .integer(let integer) where integer == 0 || integer == 1: self = integer == 1
        default: return nil
        }
    }
}

extension Double: SQLConvertible {
    public var sqlValue: SQLValue { .real(self) }
    public init?(sqlValue: SQLValue) {
        switch sqlValue {
        case .real(let real): self = real
        case .integer(let integer): self = Double(integer)
        default: return nil
        }
    }
}

extension UUID: SQLConvertible {
    public var sqlValue: SQLValue { .uuid(self) }
    public init?(sqlValue: SQLValue) {
        switch sqlValue {
        case .uuid(let uuid): self = uuid
        case .bytes(let bytes) where bytes.count == 16:
            self = bytes.withUnsafeBytes { UUID(uuid: $0.loadUnaligned(as: uuid_t.self)) }
        default: return nil
        }
    }
}

extension Identifier: SQLConvertible {
    public var sqlValue: SQLValue { .uuid(rawValue) }
    public init?(sqlValue: SQLValue) {
        guard let uuid = UUID(sqlValue: sqlValue) else { return nil }
        self.init(uuid)
    }
}

extension Instant: SQLConvertible {
    public var sqlValue: SQLValue { .instant(self) }
    public init?(sqlValue: SQLValue) {
        switch sqlValue {
        case .instant(let instant): self = instant
        case .integer(let microseconds): self.init(microsecondsSinceEpoch: microseconds)
        default: return nil
        }
    }
}

extension Email: SQLConvertible {
    public var sqlValue: SQLValue { .text(address) }
    public init?(sqlValue: SQLValue) {
        guard case .text(let text) = sqlValue, let email = try? Email(text) else { return nil }
        self = email
    }
}

extension [UInt8]: SQLConvertible {
    public var sqlValue: SQLValue { .bytes(self) }
    public init?(sqlValue: SQLValue) {
        guard case .bytes(let bytes) = sqlValue else { return nil }
        self = bytes
    }
}

extension Optional: SQLConvertible where Wrapped: SQLConvertible {
    public var sqlValue: SQLValue { self?.sqlValue ?? .null }
    public init?(sqlValue: SQLValue) {
        if case .null = sqlValue {
            self = Wrapped?.none
        } else if let wrapped = Wrapped(sqlValue: sqlValue) {
            self = wrapped
        } else {
            return nil
        }
    }
}

extension SQLConvertible where Self: RawRepresentable, RawValue == String {
    public var sqlValue: SQLValue { .text(rawValue) }
    public init?(sqlValue: SQLValue) {
        guard case .text(let text) = sqlValue else { return nil }
        self.init(rawValue: text)
    }
}

extension ServiceName: SQLConvertible {}
