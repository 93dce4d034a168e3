import FoundationEssentials

/// One page of a list, in the shape of the public API.
public struct Page<Item: Codable & Sendable>: Codable, Sendable {
    public let data: [Item]
    /// Hand it back as `cursor` for the next page; `nil` on the last one. Opaque to clients.
    public let nextCursor: String?

    public init(data: [Item], nextCursor: String?) {
        self.data = data
        self.nextCursor = nextCursor
    }

    /// From one item more than fit the page: so it is known whether there is another page.
    /// - Parameter cursor: Of the last item on this page.
    public init(_ items: [Item], limit: Int, cursor: (Item) -> String) {
        let isLast = items.count <= limit
        data = Array(items.prefix(limit))
        nextCursor = isLast ? nil : data.last.map(cursor)
    }

    private enum CodingKeys: String, CodingKey {
        case data
        case nextCursor = "next_cursor"
    }

    // By hand, so that the last page says `"next_cursor": null` rather than nothing.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(data, forKey: .data)
        try container.encode(nextCursor, forKey: .nextCursor)
    }
}

/// Which page is wanted.
public struct PageRequest: Codable, Sendable, Hashable {
    public static let defaultLimit = 50
    public static let maximumLimit = 100

    /// 1 to 100.
    public let limit: Int
    public let cursor: String?

    /// - Throws: `.invalid` naming `limit` when it is outside 1 to 100.
    public init(limit: Int = defaultLimit, cursor: String? = nil) throws(ServiceError) {
        guard (1...Self.maximumLimit).contains(limit) else {
            throw .invalid(
                field: "limit", code: "out_of_range", "Ask for 1 to \(Self.maximumLimit) items."
            )
        }
        self.limit = limit
        self.cursor = cursor
    }

    // By hand, so that what comes over a wire is within the limits too.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(
            limit: container.decode(Int.self, forKey: .limit),
            cursor: container.decodeIfPresent(String.self, forKey: .cursor)
        )
    }
}

/// A place in a list that is ordered by a moment and then by identifier: the last item of a page.
public struct PagePosition: Sendable, Hashable {
    public let instant: Instant
    public let id: UUID

    public init(instant: Instant, id: UUID) {
        self.instant = instant
        self.id = id
    }

    /// - Throws: ``ServiceError/invalidCursor``.
    public init(cursor: String) throws(ServiceError) {
        let parts = cursor.split(separator: "_", omittingEmptySubsequences: false)
        guard parts.count == 2, let microseconds = Int64(parts[0], radix: 36),
            let id = UUID(uuidString: String(parts[1]))
        else { throw .invalidCursor }
        self.init(instant: Instant(microsecondsSinceEpoch: microseconds), id: id)
    }

    /// Safe in a URL as it is.
    public var cursor: String {
        String(instant.microsecondsSinceEpoch, radix: 36) + "_" + id.uuidString.lowercased()
    }
}

extension ServiceError {
    /// A cursor that this list never gave out.
    public static let invalidCursor = ServiceError.invalid(
        field: "cursor", code: "invalid_cursor", "Use next_cursor from the page before, unchanged."
    )
}
