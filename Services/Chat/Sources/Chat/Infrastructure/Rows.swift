import Contracts
import FoundationEssentials

extension ConversationView {
    /// From a row of `conversations`.
    init(_ row: SQLRow) throws {
        self.init(
            id: try row.value("id"),
            status: try row.value("status"),
            subject: try row.value("subject"),
            contact: Contact(
                id: try row.value("contact_id"), name: try row.value("contact_name"),
                email: try row.value("contact_email")),
            messageCount: try row.value("message_count"),
            lastSequence: try row.value("sequence"),
            createdAt: try row.value("created_at"),
            updatedAt: try row.value("updated_at"),
            endedAt: try row.value("ended_at")
        )
    }
}

extension MessageView {
    /// From a row of `messages`.
    init(_ row: SQLRow) throws {
        self.init(
            id: try row.value("id"),
            conversationID: try row.value("conversation_id"),
            sequence: try row.value("sequence"),
            author: Author(
                kind: try row.value("author_kind"), id: try row.value("author_id"),
                name: try row.value("author_name")),
            content: try row.value("content"),
            citations: try row.value("citations", as: CitationList.self).citations,
            createdAt: try row.value("created_at")
        )
    }
}

/// Citations as one JSON column.
struct CitationList: SQLConvertible {
    let citations: [Citation]

    init(_ citations: [Citation]) {
        self.citations = citations
    }

    var sqlValue: SQLValue {
        guard !citations.isEmpty, let json = try? JSONEncoder().encode(citations) else { return .json("[]") }
        return .json(String(decoding: json, as: UTF8.self))
    }

    init?(sqlValue: SQLValue) {
        guard let json = String(sqlValue: sqlValue) else { return nil }
        if json == "[]" {
            citations = []
        } else if let citations = try? JSONDecoder().decode([Citation].self, from: Data(json.utf8)) {
            self.citations = citations
        } else {
            return nil
        }
    }
}
