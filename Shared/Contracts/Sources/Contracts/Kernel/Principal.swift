/// On whose behalf a message is sent. Travels in the ``MessageContext``, signed between processes.
public struct Principal: Hashable, Sendable, Codable {
    /// The account, or the visitor's own identifier; `nil` for a service and for nobody.
    public let id: AccountID?
    public let role: Role
    public let name: String?
    /// Verified or not: fit for writing to, never for recognising somebody.
    public let email: Email?

    public init(id: AccountID?, role: Role, name: String? = nil, email: Email? = nil) {
        self.id = id
        self.role = role
        self.name = name
        self.email = email
    }

    /// Nobody: a request without a token.
    public static let anonymous = Principal(id: nil, role: .anonymous)

    /// One of the six services, acting for itself: a reaction to an event, or a job.
    public static func service(_ name: ServiceName) -> Principal {
        Principal(id: nil, role: .service, name: name.rawValue)
    }
}

/// What a principal is. What that allows stands in one table: ``Role/permissions``.
public enum Role: String, Hashable, Sendable, Codable, CaseIterable {
    case anonymous, customer, agent, admin, service
}

/// Something a principal may do. Whether an object is *theirs* is checked by the service that owns it.
public enum Permission: String, Hashable, Sendable, CaseIterable {
    case startConversations
    case readAllConversations
    case replyToAllConversations
    case endAllConversations
    /// Post what the assistant says, and show it being written. Services only.
    case speakAsAssistant
    case readArticles
    case manageArticles
    case askQuestions
    case readAnalytics
    case manageAccounts
    /// Look into the event logs, and have events delivered again.
    case operate
}

extension Role {
    /// The one table of permissions.
    public var permissions: Set<Permission> {
        switch self {
        case .anonymous: []
        case .customer: [.startConversations, .readArticles, .askQuestions]
        case .agent:
            Role.customer.permissions.union([
                .readAllConversations, .replyToAllConversations, .endAllConversations, .readAnalytics,
            ])
        case .admin: Role.agent.permissions.union([.manageArticles, .manageAccounts, .operate])
        case .service: Set(Permission.allCases)
        }
    }
}

extension MessageContext {
    /// The one place where permissions are checked.
    /// - Throws: `.unauthenticated` for nobody, `.forbidden` for somebody without the permission.
    public func require(_ permission: Permission) throws(ServiceError) {
        guard !principal.role.permissions.contains(permission) else { return }
        if principal.role == .anonymous {
            throw ServiceError(
                .unauthenticated, code: "auth.token_required",
                "Send an access token in the Authorization header: Bearer <token>."
            )
        }
        throw ServiceError(
            .forbidden, code: "auth.permission_missing",
            "The role \(principal.role.rawValue) doesn't have the permission \(permission.rawValue)."
        )
    }

    /// The account that acts.
    /// - Throws: `.unauthenticated` when it is nobody or a service.
    public func requireAccount() throws(ServiceError) -> AccountID {
        guard let id = principal.id else {
            throw ServiceError(
                .unauthenticated, code: "auth.token_required",
                "Send an access token in the Authorization header: Bearer <token>."
            )
        }
        return id
    }
}
