import AI
import AccessTokens
import Analytics
import Chat
import Contracts
import Crypto
import FoundationEssentials
import Jobs
import Mail
import Notification
import Outbox
import PasswordHashing
import User

/// One of the five services behind the gateway, put together: what it answers to, and what it does on its
/// own.
struct Node: Sendable {
    let table: HandlerTable
    let jobs: [Job]
    /// Run before anything is served.
    var prepare: @Sendable () async throws -> Void = {}

    static func make(_ service: ServiceName, on ground: Ground) async throws -> Node {
        switch service {
        case .user: try await user(ground)
        case .chat: try await chat(ground)
        case .ai: try await ai(ground)
        case .analytics: try await analytics(ground)
        case .notification: try await notification(ground)
        case .gateway: preconditionFailure("The gateway isn't behind itself.")
        }
    }

    private static func user(_ ground: Ground) async throws -> Node {
        let footing = try await ground.footing(for: .user)
        let module = UserModule(
            platform: footing.platform, passwordHasher: Argon2PasswordHasher(), keyMaker: ES256KeyMaker(),
            random: { count in
                var generator = SystemRandomNumberGenerator()
                return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            },
            fingerprint: { Array(SHA256.hash(data: Data($0.utf8))) })
        let settings = ground.settings
        return Node(.user, footing, module.jobs, module.register) {
            let invitation = try await module.prepare(
                administrator: .init(email: settings.adminEmail, password: settings.adminPassword))
            guard let invitation else { return }
            Terminal.say("Administrator: \(invitation.email)")
            Terminal.say("Set-up link: \(settings.linkBase)/console#setup=\(invitation.token)")
        }
    }

    private static func chat(_ ground: Ground) async throws -> Node {
        let footing = try await ground.footing(for: .chat)
        return Node(.chat, footing, [], ChatModule(platform: footing.platform).register)
    }

    private static func ai(_ ground: Ground) async throws -> Node {
        let footing = try await ground.footing(for: .ai)
        let module = AIModule(platform: footing.platform, sleep: ground.sleep)
        return Node(.ai, footing, module.jobs, module.register)
    }

    private static func analytics(_ ground: Ground) async throws -> Node {
        let footing = try await ground.footing(for: .analytics)
        return Node(.analytics, footing, [], AnalyticsModule(platform: footing.platform).register)
    }

    private static func notification(_ ground: Ground) async throws -> Node {
        let footing = try await ground.footing(for: .notification)
        let settings = ground.settings
        let mailer: any Mailer
        if let smtp = settings.smtp {
            mailer = SMTPMailer(configuration: smtp, logger: ground.logger(for: .notification))
        } else {
            mailer = FolderMailer(folder: "\(settings.dataFolder)/outbox", sender: settings.mailSender)
        }
        let module = NotificationModule(
            platform: footing.platform, jobQueue: footing.jobQueue, mailer: mailer, siteName: settings.siteName)
        var jobTable = JobTable(service: .notification)
        module.registerJobs(on: &jobTable)
        let runner = JobRunner(
            queue: footing.jobQueue, table: jobTable,
            // Of one SQLite file there is one server, and it has less time than usual to end.
            settings: .init(drainTime: .seconds(5), isAlone: settings.databaseURL == nil),
            now: ground.now, sleep: ground.sleep, random: ground.random,
            logger: ground.logger(for: .notification))
        return Node(.notification, footing, [Job("job-queue") { await runner.run() }], module.register)
    }

    private init(
        _ service: ServiceName, _ footing: Footing, _ jobs: [Job], _ register: (inout HandlerTable) -> Void,
        prepare: @escaping @Sendable () async throws -> Void = {}
    ) {
        var table = HandlerTable(service: service)
        register(&table)
        footing.operations.register(on: &table)
        self.table = table
        self.jobs = jobs + [Job("relay") { try await footing.relay.run() }]
        self.prepare = prepare
    }
}

extension Settings {
    /// What links begin with.
    var linkBase: String { publicURL ?? HTTPAddress(host: httpHost, port: httpPort).url }
}
