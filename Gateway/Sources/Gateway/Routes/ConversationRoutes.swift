import Contracts
import HTTPTypes
import Hummingbird

/// `/v1/conversations`: what visitors and staff say to each other.
struct ConversationRoutes {
    let bus: any Bus

    func register(on group: RouterGroup<EdgeContext>) {
        group.post { request, context in
            let body = try await request.decode(StartBody.self)
            return try await Response.json(
                bus.send(
                    StartConversation(
                        subject: body.subject, message: body.message, contactName: body.contact?.name,
                        contactEmail: body.contact?.email),
                    context.message(for: request)),
                status: .created)
        }
        group.get { request, context in
            try await Response.json(
                bus.ask(
                    ConversationList(status: request.conversationStatus, page: request.page),
                    context.message(for: request)))
        }
        group.get(":id") { request, context in
            try await Response.json(
                bus.ask(ConversationDetails(id: context.identifier()), context.message(for: request)))
        }
        group.post(":id/messages") { request, context in
            let body = try await request.decode(MessageBody.self)
            return try await Response.json(
                bus.send(
                    SendMessage(conversationID: context.identifier(), content: body.content),
                    context.message(for: request)),
                status: .created)
        }
        group.get(":id/messages") { request, context in
            try await Response.json(
                bus.ask(
                    MessageList(conversationID: context.identifier(), page: request.page),
                    context.message(for: request)))
        }
        group.post(":id/end") { request, context in
            let body = try await request.decode(EndBody.self)
            return try await Response.json(
                bus.send(
                    EndConversation(conversationID: context.identifier(), transcriptEmail: body.email),
                    context.message(for: request)))
        }
    }
}

private struct StartBody: Decodable {
    let subject: String?
    let message: String?
    let contact: ContactBody?

    struct ContactBody: Decodable {
        let name: String?
        let email: Email?
    }
}

private struct MessageBody: Decodable {
    let content: String
}

private struct EndBody: Decodable {
    let email: Email?
}

extension Hummingbird.Request {
    fileprivate var conversationStatus: ConversationStatus? {
        get throws(ServiceError) {
            guard let text = uri.queryParameters["status"] else { return nil }
            guard let status = ConversationStatus(rawValue: String(text)) else {
                let known = ConversationStatus.allCases.map(\.rawValue).joined(separator: ", ")
                throw .invalid(field: "status", code: "invalid_value", "The status is one of: \(known).")
            }
            return status
        }
    }
}
