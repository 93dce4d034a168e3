/// The six services. A message's name begins with the service that handles it: `chat.send_message.v1`.
public enum ServiceName: String, Hashable, Sendable, Codable, CaseIterable {
    case user, chat, ai, analytics, notification, gateway

    /// The service that owns a message, by the first part of its name.
    public init?(owning messageName: String) {
        self.init(rawValue: String(messageName.prefix { $0 != "." }))
    }
}
