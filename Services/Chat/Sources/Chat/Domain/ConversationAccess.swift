import Contracts

/// Who may do what with a conversation: its contact, and whose role allows it for all.
struct ConversationAccess: Sendable {
    let contactID: AccountID

    /// - Throws: `.notFound` when it isn't theirs: nobody learns from the answer whether it exists.
    func require(_ permission: Permission, of principal: Principal) throws(ServiceError) {
        guard principal.role.permissions.contains(permission) || isContact(principal) else {
            throw .conversationNotFound
        }
    }

    func isContact(_ principal: Principal) -> Bool {
        principal.id == contactID
    }

    /// As whom a principal speaks here.
    func author(for principal: Principal) -> Author {
        switch principal.role {
        case .service: .assistant
        case _ where isContact(principal): Author(kind: .contact, id: principal.id, name: principal.name)
        default: Author(kind: .agent, id: principal.id, name: principal.name)
        }
    }
}

extension Conversation {
    var access: ConversationAccess { ConversationAccess(contactID: contact.id) }
}

extension ServiceError {
    static let conversationNotFound = ServiceError(
        .notFound, code: "chat.conversation_not_found", "There is no such conversation, or it isn't yours."
    )
}
