import CPostgreSQL
import Contracts
import FoundationEssentials

/// Where the database is, and how much of it one service may use.
public struct PostgreSQLConfiguration: Sendable {
    /// `postgres://user:password@host:5432/name?sslmode=verify-full`, or libpq's `key=value` form. Secret:
    /// it may hold the password. What it doesn't say comes from libpq's environment (`PGPASSFILE`, …).
    let url: String
    /// The schema in which statements look for their tables; `nil`: the role's own setting.
    let schema: String?
    /// Replaced by `…` wherever the server or libpq might repeat it.
    let password: String?

    /// Connections that any number of single statements share.
    public var sharedConnections = 2
    /// Connections for transactions and for reads of several statements, one at a time each.
    public var exclusiveConnections = 8
    /// Connections for results that are streamed, one at a time each.
    public var streamConnections = 4
    /// Past this a caller is told to come back later.
    public var maximumWaiting = 4096
    /// How long somebody waits for a connection before being told to come back later.
    public var waitingLimit = Duration.seconds(5)
    /// How long a connection may take to be there.
    public var connectLimit = Duration.seconds(3)
    /// How long a statement may take, a batch of a stream, or the commit; a script has an hour.
    public var statementLimit = Duration.seconds(30)
    /// How long a transaction is repeated that meets others.
    public var conflictLimit = Duration.seconds(10)

    /// - Throws: ``DatabaseError/failed(_:)`` when the URL isn't one; it repeats nothing of it.
    public init(url: String, schema: String? = nil) throws {
        let options = try Self.parse(url)
        // libpq repeats a port that is none, which may be the rest of a password with an unescaped slash.
        let ports = options["port"]?.split(separator: ",") ?? []
        guard ports.allSatisfy({ UInt16($0) != nil }), options["host"]?.contains("@") != true else {
            throw Self.notAURL
        }
        self.url = url
        self.schema = schema
        password = options["password"].flatMap { $0.isEmpty ? nil : $0 }
        existingOptions = options["options"] ?? ""
    }

    /// What the URL itself says of the server's settings.
    private let existingOptions: String

    private static let notAURL = DatabaseError.failed(
        "The database's address isn't one that PostgreSQL understands: postgres://user:password@host:5432/name, with special characters percent-encoded."
    )

    private static func parse(_ url: String) throws -> [String: String] {
        guard !url.utf8.contains(0), let parsed = PQconninfoParse(url, nil) else { throw notAURL }
        defer { PQconninfoFree(parsed) }
        var options: [String: String] = [:]
        var option = parsed
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { options[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        return options
    }
}

/// What a connection is for.
enum ConnectionPurpose {
    case shared, exclusive, stream
}

extension PostgreSQLConfiguration {
    /// What libpq is asked to connect with; later keywords prevail.
    func parameters(for purpose: ConnectionPurpose) -> [(keyword: String, value: String)] {
        [
            ("fallback_application_name", "frontdesk"),
            // A host that vanished without a word is noticed while nobody waits for an answer, too.
            ("keepalives_idle", "30"), ("keepalives_interval", "5"), ("keepalives_count", "3"),
            ("tcp_user_timeout", "\(statementLimit.milliseconds)"),
            ("dbname", url),
            ("client_encoding", "UTF8"),
            ("options", serverSettings(for: purpose)),
        ]
    }

    private func serverSettings(for purpose: ConnectionPurpose) -> String {
        var settings = [
            ("TimeZone", "UTC"), ("client_min_messages", "error"),
            ("statement_timeout", "\(statementLimit.milliseconds)"),
            // A body that hangs must not keep its rows locked for ever.
            ("idle_in_transaction_session_timeout", "60000"),
        ]
        if let schema {
            settings.append(("search_path", "\"" + schema.replacing("\"", with: "\"\"") + "\""))
        }
        switch purpose {
        case .shared:
            settings += [
                ("default_transaction_read_only", "on"), ("default_transaction_isolation", "read committed"),
            ]
        case .exclusive: break
        case .stream:
            // A consumer may take its time. The whole result is wanted, not its beginning soonest.
            settings += [("idle_in_transaction_session_timeout", "0"), ("cursor_tuple_fraction", "1")]
        }
        return settings.reduce(existingOptions) { $0 + " -c \($1.0)=" + $1.1.escapedForOptions }
    }

    /// `message` without the password.
    func withoutSecrets(_ message: String) -> String {
        password.map { message.replacing($0, with: "…") } ?? message
    }
}

extension String {
    /// PostgreSQL splits its options at spaces.
    fileprivate var escapedForOptions: String {
        replacing("\\", with: "\\\\").replacing(" ", with: "\\ ")
    }
}

extension Duration {
    var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }
}
