/// Something that one part of Frontdesk says to another.
///
/// A message lives in `Contracts` only when someone outside its service uses it. It is plain data: it
/// crosses processes as JSON, so a change must stay readable by the version before, or get a new name.
public protocol Message: Codable, Sendable {
    /// Service, verb and version: `chat.send_message.v1`. Stable: it is the address on the wire.
    static var name: String { get }
}

/// A message with one answer: a ``Command`` or a ``Query``.
public protocol Request: Message {
    associatedtype Response: Codable & Sendable
}

/// An order, in the imperative: `SendMessage`. May change state; handled by exactly one service.
public protocol Command: Request {}

/// A question, named for what comes back: `ConversationDetails`. Changes nothing.
public protocol Query: Request {}

/// A question with many answers over time: tokens, or everything that happens in a conversation.
public protocol Stream: Message {
    associatedtype Element: Codable & Sendable
}

/// A fact, in the past tense: `ConversationEnded`. Recorded with the state it describes, then delivered
/// to each service that reacts to it: at least once, in order per aggregate.
public protocol Event: Message {}

/// Something fleeting, worth nothing a second later: typing, a word of an answer being written. Handed to
/// the service that owns it, if it listens now; never stored, never repeated, lost without harm.
public protocol Signal: Message {}

/// The answer to a command that has nothing to say but that it is done.
public struct Done: Codable, Sendable, Hashable {
    public init() {}
}
