import Contracts

/// One thing that an owner can set: `http.port` in the configuration file, `FRONTDESK_HTTP_PORT` in the
/// environment.
public struct Setting: Sendable {
    public let key: String
    /// What it takes, for a person: `a port from 0 to 65535`.
    public let form: String
    /// What it is when nobody sets it, as text; `nil` when it is then absent.
    public let defaultText: String?
    /// What it does.
    public let purpose: String
    /// Its value is never shown.
    public let isSecret: Bool

    init(
        _ key: String, _ form: String, default defaultText: String? = nil, secret: Bool = false,
        _ purpose: String
    ) {
        self.key = key
        self.form = form
        self.defaultText = defaultText
        self.purpose = purpose
        self.isSecret = secret
    }

    /// `FRONTDESK_HTTP_PORT`
    public var variable: String {
        "FRONTDESK_" + key.uppercased().map { $0 == "." ? "_" : String($0) }.joined()
    }
}

extension Setting {
    /// All of them, in the order of the documentation.
    public static let all: [Setting] =
        [
            httpHost, httpPort, publicURL, siteName, data, databaseURL, databaseSchemaPrefix, backupFolder,
            backupHours, backupKeep, adminEmail,
            adminPassword, bus, busSecret, redisURL, redisKeyPrefix, redisCAFile, smtpURL, smtpUser,
            smtpPassword, smtpCAFile, smtpTLS, mailSender, logLevel,
        ] + ServiceName.allCases.filter { $0 != .gateway }.map(busURL)

    static let httpHost = Setting(
        "http.host", "an address of this machine", default: "127.0.0.1",
        "Where the gateway listens. 0.0.0.0 for all addresses.")
    static let httpPort = Setting(
        "http.port", "a port from 0 to 65535", default: "8080",
        "Where the gateway listens; 0 for any free port.")
    static let publicURL = Setting(
        "public.url", "an http or https URL without a path",
        "Under which address people reach Frontdesk; for links. Absent: http, the host and the port.")
    static let siteName = Setting(
        "site.name", "1 to 60 characters", default: "Frontdesk",
        "The business's name, on the pages and in mail.")
    static let data = Setting(
        "data", "a folder", default: "data", "Where all data is kept; made when it isn't there.")
    static let databaseURL = Setting(
        "database.url", "postgres://user:password@host:port/name", secret: true,
        "The PostgreSQL database to keep everything in, a schema for each service. Absent: SQLite, in the data folder."
    )
    static let databaseSchemaPrefix = Setting(
        "database.schema_prefix",
        "up to 40 lower-case letters, digits and underscores, beginning with a letter",
        default: "frontdesk_", "What the names of the schemas in PostgreSQL begin with: frontdesk_chat.")
    static let backupFolder = Setting(
        "backup.folder", "a folder",
        "Where backups are put, by the one process that runs every service. Absent: none are made.")
    static let backupHours = Setting(
        "backup.every_hours", "a number from 1 to 720", default: "24", "How often a backup is made.")
    static let backupKeep = Setting(
        "backup.keep", "a number from 1 to 1000", default: "7",
        "How many backups are kept; the oldest goes when a new one is there.")
    static let adminEmail = Setting(
        "admin.email", "an e-mail address", default: "admin@localhost",
        "Of the administrator that the first start creates.")
    static let adminPassword = Setting(
        "admin.password", "12 to 128 characters", secret: true,
        "Of that administrator. Absent: the first start prints a link for choosing one.")
    static let bus = Setting(
        "bus", "in-process or http", default: "in-process", "How the services talk to each other.")
    static let busSecret = Setting(
        "bus.secret", "at least 32 characters", secret: true,
        "By which the services know each other over HTTP; the same for all. Required when bus is http.")
    static let redisURL = Setting(
        "redis.url", "redis://user:password@host:port/0, or rediss:// for TLS", secret: true,
        "With bus http: the Redis whose streams bring events from service to service. Absent: HTTP does.")
    static let redisKeyPrefix = Setting(
        "redis.key_prefix", "1 to 60 letters, digits, underscores and hyphens", default: "frontdesk",
        "What all keys in Redis begin with.")
    static let redisCAFile = Setting(
        "redis.ca_file", "a PEM file", "Certificates to trust instead of the system's.")
    static let smtpURL = Setting(
        "smtp.url", "smtp://host:port or smtps://host:port",
        "The server that mail is handed to. Absent: mail is put into the folder outbox among the data.")
    static let smtpUser = Setting("smtp.user", "text", "For signing in to the mail server.")
    static let smtpPassword = Setting(
        "smtp.password", "text", secret: true, "For signing in to the mail server.")
    static let smtpCAFile = Setting(
        "smtp.ca_file", "a PEM file", "Certificates to trust instead of the system's.")
    static let smtpTLS = Setting(
        "smtp.tls", "required or off", default: "required",
        "off only for a relay on the same machine: nothing is encrypted then.")
    static let mailSender = Setting(
        "mail.sender", "an e-mail address", default: "frontdesk@localhost", "Whom mail comes from.")
    static let logLevel = Setting(
        "log.level", "trace, debug, info, notice, warning, error or critical", default: "notice",
        "From which level on events are logged, to standard error.")

    /// Where a service's end of the HTTP bus is.
    static func busURL(_ service: ServiceName) -> Setting {
        let port = 8181 + ServiceName.allCases.firstIndex(of: service)!
        return Setting(
            "bus.\(service.rawValue).url", "http://host:port", default: "http://127.0.0.1:\(port)",
            "Where the service \(service.rawValue) listens on the HTTP bus, and is found by the others.")
    }
}
