import Contracts
import FoundationEssentials
import HTTPBus
import Logging
import Mail
import PostgreSQL
import Redis

/// The settings, read and checked: past this nobody checks again.
public struct Settings: Sendable {
    public var httpHost: String
    public var httpPort: Int
    public var publicURL: String?
    public var siteName: String
    /// Without a slash at the end.
    public var dataFolder: String
    /// Of the PostgreSQL database; `nil`: SQLite.
    public var databaseURL: String?
    public var databaseSchemaPrefix: String
    public var backups: BackupSchedule?
    public var adminEmail: Email
    public var adminPassword: String?
    public var bus: Transport
    public var redis: RedisConfiguration?
    public var smtp: SMTPConfiguration?
    public var mailSender: Mailbox
    public var logLevel: Logger.Level

    public struct BackupSchedule: Sendable {
        public let folder: String
        public let hours: Int
        public let kept: Int
    }

    public enum Transport: Sendable {
        case inProcess
        case http(secret: String, addresses: [ServiceName: HTTPAddress])
    }

    /// - Throws: ``BadSetting`` for the first one that can't be used.
    public init(_ source: SettingSource) throws(BadSetting) {
        httpHost = try source.read(.httpHost) { $0 }
        httpPort = try source.read(.httpPort) { Int($0).flatMap { (0...65535).contains($0) ? $0 : nil } }
        publicURL = try source.readIfSet(.publicURL) { HTTPAddress($0)?.url ?? Self.secureURL($0) }
        let siteName = try source.read(.siteName) { (1...60).contains($0.count) ? $0 : nil }
        self.siteName = siteName
        dataFolder = try source.read(.data) { $0.hasSuffix("/") && $0 != "/" ? String($0.dropLast()) : $0 }
        databaseURL = try source.readIfSet(.databaseURL) {
            ["postgres://", "postgresql://"].contains(where: $0.hasPrefix)
                && (try? PostgreSQLConfiguration(url: $0)) != nil ? $0 : nil
        }
        databaseSchemaPrefix = try source.read(.databaseSchemaPrefix) {
            $0.wholeMatch(of: /[a-z][a-z0-9_]{0,39}/) == nil ? nil : $0
        }
        let hours = try source.read(.backupHours) { Int($0).flatMap { (1...720).contains($0) ? $0 : nil } }
        let kept = try source.read(.backupKeep) { Int($0).flatMap { (1...1000).contains($0) ? $0 : nil } }
        backups = source.text(.backupFolder).map { BackupSchedule(folder: $0, hours: hours, kept: kept) }
        adminEmail = try source.read(.adminEmail) { try? Email($0) }
        adminPassword = try source.readIfSet(.adminPassword) {
            (12...128).contains($0.unicodeScalars.count) ? $0 : nil
        }
        logLevel = try source.read(.logLevel) { Logger.Level(rawValue: $0) }
        let sender = try source.read(.mailSender) { try? Email($0) }
        let mailbox = Mailbox(name: siteName, address: sender)
        mailSender = mailbox
        smtp = try Self.smtp(source, mailbox)
        bus = try Self.transport(source)
        redis = try Self.redis(source)
        if redis != nil, case .inProcess = bus {
            throw BadSetting(
                key: "redis.url (FRONTDESK_REDIS_URL)",
                problem: "Redis brings events from process to process, so it needs the bus http.")
        }
    }

    private static func redis(_ source: SettingSource) throws(BadSetting) -> RedisConfiguration? {
        guard let url = source.text(.redisURL) else { return nil }
        let keyPrefix = try source.read(.redisKeyPrefix) {
            $0.wholeMatch(of: /[A-Za-z0-9_-]{1,60}/) == nil ? nil : $0
        }
        do {
            return try RedisConfiguration(
                url: url, caFile: source.text(.redisCAFile), keyPrefix: keyPrefix)
        } catch {
            throw BadSetting(key: "redis.\(error.fields.first?.field ?? "url")", problem: error.message)
        }
    }

    private static func transport(_ source: SettingSource) throws(BadSetting) -> Transport {
        let isHTTP = try source.read(.bus) { ["in-process": false, "http": true][$0] }
        guard isHTTP else { return .inProcess }
        let secret = try source.read(.busSecret) { $0.count >= 32 ? $0 : nil }
        var addresses: [ServiceName: HTTPAddress] = [:]
        for service in ServiceName.allCases where service != .gateway {
            addresses[service] = try source.read(.busURL(service)) { HTTPAddress($0) }
        }
        return .http(secret: secret, addresses: addresses)
    }

    private static func smtp(_ source: SettingSource, _ sender: Mailbox) throws(BadSetting)
        -> SMTPConfiguration?
    {
        guard let url = source.text(.smtpURL) else { return nil }
        let requiresTLS = try source.read(.smtpTLS) { ["required": true, "off": false][$0] }
        do {
            return try SMTPConfiguration(
                url: url, sender: sender, user: source.text(.smtpUser), password: source.text(.smtpPassword),
                caFile: source.text(.smtpCAFile), requiresTLS: requiresTLS)
        } catch {
            throw BadSetting(key: "smtp.\(error.fields.first?.field ?? "url")", problem: error.message)
        }
    }

    private static func secureURL(_ text: String) -> String? {
        guard text.hasPrefix("https://"), let url = URL(string: text), url.host() != nil, url.path().isEmpty
        else {
            return nil
        }
        return text
    }
}

/// `http://host:port`
public struct HTTPAddress: Sendable, Hashable {
    public let host: String
    public let port: Int

    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    init?(_ text: String) {
        guard text.hasPrefix("http://"), let url = URL(string: text), let host = url.host(),
            let port = url.port,
            (1...65535).contains(port), url.path().isEmpty, url.query() == nil
        else { return nil }
        self.init(host: host, port: port)
    }

    public var url: String { "http://\(host.contains(":") ? "[\(host)]" : host):\(port)" }
}

extension SettingSource {
    /// The setting's value, or its default.
    fileprivate func read<Value>(_ setting: Setting, _ parse: (String) -> Value?) throws(BadSetting) -> Value {
        guard let value = try readIfSet(setting, parse) else { throw BadSetting(setting, value: nil) }
        return value
    }

    fileprivate func readIfSet<Value>(_ setting: Setting, _ parse: (String) -> Value?) throws(BadSetting)
        -> Value?
    {
        guard let text = text(setting) else { return nil }
        guard let value = parse(text) else { throw BadSetting(setting, value: text) }
        return value
    }
}
