import Contracts

/// A conversation as a plain text that reads well in a mail: who said what when.
///
/// Messages are added oldest first until one doesn't fit; from then on none is, and the text says so. What
/// people wrote is indented, so that nothing in a message can pass for the line that names its author.
struct TranscriptText: Sendable {
    static let maximumMessages = 1000
    /// In UTF-8, all in all.
    static let maximumBytes = 512 * 1024
    /// Kept free for the line that says what was left out.
    private static let noticeBytes = 512

    /// Whether messages were left out.
    private(set) var isFull = false
    private(set) var messageCount = 0
    private var text: String
    private let expectedCount: Int

    init(of conversation: ConversationView, siteName: String) {
        expectedCount = conversation.messageCount
        text = "Your conversation with \(siteName.onOneLine)\n"
        if let subject = conversation.subject?.onOneLine, !subject.isEmpty { text += "About: \(subject)\n" }
        text += "Started: \(conversation.createdAt.minute)\n"
        if let endedAt = conversation.endedAt { text += "Ended: \(endedAt.minute)\n" }
    }

    mutating func add(_ message: MessageView) {
        guard !isFull else { return }
        let entry = Self.entry(message)
        guard messageCount < Self.maximumMessages,
            text.utf8.count + entry.utf8.count + Self.noticeBytes <= Self.maximumBytes
        else {
            isFull = true
            return
        }
        text += entry
        messageCount += 1
    }

    /// All of it, with a last line about what is missing, if anything is.
    var finished: String {
        if isFull {
            return text
                + "\n(These are the first \(messageCount) of \(max(expectedCount, messageCount + 1)) messages. "
                + "The rest was left out: it is too long for a mail.)\n"
        }
        return messageCount == 0 ? text + "\nNobody wrote anything.\n" : text
    }

    private static func entry(_ message: MessageView) -> String {
        var entry = "\n\(message.createdAt.minute)  \(name(of: message.author))\n" + message.content.indented
        for (index, citation) in message.citations.enumerated() {
            if index == 0 { entry += "\n" }
            entry += "    [\(index + 1)] \(citation.title.onOneLine)\n"
            if let url = citation.url?.onOneLine(limit: 2000), !url.isEmpty { entry += "        \(url)\n" }
        }
        return entry
    }

    private static func name(of author: Author) -> String {
        let name = author.name?.onOneLine ?? ""
        switch author.kind {
        case .contact: return name.isEmpty ? "Customer" : "\(name) (customer)"
        case .agent: return name.isEmpty ? "Support" : "\(name) (support)"
        case .assistant: return "Assistant (automatic)"
        case .system: return "Note"
        }
    }
}

extension Instant {
    /// `2026-03-01 09:30 UTC`
    fileprivate var minute: String {
        let text = rfc3339
        return "\(text.prefix(10)) \(text.dropFirst(11).prefix(5)) UTC"
    }
}

extension String {
    /// Control characters and line breaks as spaces, none around it, at most 200 characters.
    var onOneLine: String { onOneLine(limit: 200) }

    fileprivate func onOneLine(limit: Int) -> String {
        let line = String(String.UnicodeScalarView(unicodeScalars.map { $0.breaksOrControls ? " " : $0 }))
        return String(line.split(separator: " ").joined(separator: " ").prefix(limit))
    }

    /// Every line, whatever ends it, behind four spaces; without control characters, which a mail program
    /// or a terminal could obey.
    fileprivate var indented: String {
        split(omittingEmptySubsequences: false) { $0.isNewline }
            .map { line in
                let shown = line.unicodeScalars.filter { !$0.breaksOrControls || $0 == "\t" }
                return shown.isEmpty ? "\n" : "    \(String(String.UnicodeScalarView(shown)))\n"
            }
            .joined()
    }
}

extension Unicode.Scalar {
    fileprivate var breaksOrControls: Bool {
        switch properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}
