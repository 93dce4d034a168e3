import Contracts
import HTTPTypes
import Hummingbird

/// What anybody may know: the site's name, the keys that verify tokens, whether all is well.
struct SiteRoutes {
    let bus: any Bus
    let siteName: String

    func register(on router: Router<EdgeContext>) {
        router.get("v1/site") { _, _ in try Response.json(Site(name: siteName)) }

        // RFC 7517, section 5. Kept for a while by clients, so that a new key can be announced in time.
        router.get(".well-known/jwks.json") { request, context in
            let keys = try await bus.ask(SigningKeys(), context.message(for: request))
            return Response(
                status: .ok,
                headers: [.contentType: "application/jwk-set+json", .cacheControl: "public, max-age=300"],
                body: .init(byteBuffer: .init(string: keys.jwks)))
        }

        // Alive: the process answers. Says nothing of the others, or one that is down would restart all.
        router.get("healthz") { _, _ in try Response.json(Health(status: "alive", dependencies: nil)) }

        // Ready: every service answers.
        router.get("readyz") { _, _ in
            let states = await dependencies()
            let isReady = states.values.allSatisfy { $0 == "ready" }
            return try Response.json(
                Health(status: isReady ? "ready" : "unavailable", dependencies: states),
                status: isReady ? .ok : .serviceUnavailable)
        }
    }

    private func dependencies() async -> [String: String] {
        await withTaskGroup(of: (String, String).self) { group in
            for service in ServiceName.allCases {
                guard let log = service.eventLog else { continue }
                group.addTask { (service.rawValue, await state(of: log)) }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
    }

    /// Of the service and its database: `ready`, or the code of what is wrong.
    private func state<Log: EventLog>(of _: Log.Type) async -> String {
        let context = MessageContext(principal: .anonymous, requestID: "readiness").withTimeout(.seconds(2))
        do {
            _ = try await Deadline.enforce(context.deadline) {
                try await bus.ask(DatabaseHealth<Log>(), context)
            }
            return "ready"
        } catch {
            return ServiceError(describing: error).code
        }
    }
}

private struct Site: Encodable {
    let name: String
}

private struct Health: Encodable {
    let status: String
    let dependencies: [String: String]?
}
