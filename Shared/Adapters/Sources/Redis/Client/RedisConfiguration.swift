import Contracts
import FoundationEssentials
import NIOSSL

/// Which Redis, and how much of it. Redis 7 or newer, or a server that is compatible with it.
public struct RedisConfiguration: Sendable {
    let host: String
    let port: Int
    let databaseNumber: Int
    let credentials: Credentials?
    let tls: NIOSSLContext?
    /// In front of every key and channel, so that several sites can share a server.
    public let keyPrefix: String
    /// After this long without an answer a command has failed, and its connection is given up: what waits
    /// behind it would fail as well.
    public var commandTimeout = Duration.milliseconds(500)
    public var connectTimeout = Duration.seconds(1)
    /// Connections that all callers share.
    public var connections = 2
    /// Of each connection: commands that are sent or about to be.
    public var maximumWaiting = 8192
    public var maximumWaitingBytes = 64 << 20

    struct Credentials: Sendable {
        let user: String
        let password: String
    }

    /// - Parameters:
    ///   - url: `redis://[[user]:password@]host[:port][/database]`, or `rediss://` for TLS.
    ///   - caFile: Certificates to trust instead of the system's, in PEM.
    /// - Throws: `.invalid` naming `url` or `ca_file`; never with the URL in it, which may hold a password.
    public init(url: String, caFile: String? = nil, keyPrefix: String = "frontdesk") throws(ServiceError) {
        guard let parts = URLComponents(string: url), let host = parts.host, !host.isEmpty,
            let scheme = parts.scheme?.lowercased(), scheme == "redis" || scheme == "rediss",
            parts.query == nil, parts.fragment == nil, (1...65535).contains(parts.port ?? 6379),
            let number = Self.databaseNumber(path: parts.path)
        else {
            throw .invalid(
                field: "url", code: "invalid_url",
                "Give the Redis server as redis://host:port/0, or rediss://host:port/0 for TLS. User and password go before the host, percent-encoded: redis://user:password@host."
            )
        }
        // IPv6 addresses stand in brackets, which are no part of them.
        self.host = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        port = parts.port ?? 6379
        databaseNumber = number
        credentials = parts.password.map { password in
            Credentials(user: parts.user.flatMap { $0.isEmpty ? nil : $0 } ?? "default", password: password)
        }
        tls = scheme == "rediss" ? try Self.tls(caFile: caFile) : nil
        self.keyPrefix = keyPrefix
    }

    private static func databaseNumber(path: String) -> Int? {
        let path = path.hasPrefix("/") ? path.dropFirst() : path[...]
        if path.isEmpty { return 0 }
        return Int(path).flatMap { (0...1023).contains($0) ? $0 : nil }
    }

    private static func tls(caFile: String?) throws(ServiceError) -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        if let caFile { configuration.trustRoots = .file(caFile) }
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw .invalid(
                field: "ca_file", code: "unreadable_certificates",
                "The certificates to trust for Redis can't be read. Give the path of a PEM file.")
        }
    }
}

// By hand, so that no log ever prints the password by way of its owner.
extension RedisConfiguration: CustomStringConvertible, CustomReflectable {
    public var description: String {
        let host = host.contains(":") ? "[\(host)]" : host
        return "\(tls == nil ? "redis" : "rediss")://\(host):\(port)/\(databaseNumber)"
    }

    public var customMirror: Mirror { Mirror(self, children: ["server": description]) }
}
