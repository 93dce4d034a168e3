import Contracts
import ContractsTesting

@testable import AI

/// SplitMix64: the same numbers from the same seed.
struct SeededRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

extension Article {
    static func sample(
        _ number: Int, title: String, content: String, key: String? = nil, format: ArticleFormat = .markdown
    ) -> Article {
        Article(
            publishing: ArticleText(key: key, title: title, content: content, format: format, url: nil),
            id: .numbered(number), at: Instant(rfc3339: "2026-03-01T09:30:00Z")!
        )
    }

    /// A small shop's help centre.
    static let shop: [Article] = [
        .sample(
            1, title: "Returning a product",
            content: """
                You can return almost everything within **60 days** after you received it.

                ## How to return by mail
                1. Sign in and open **My orders**.
                2. Select the product and the reason.
                3. Print the return label.
                4. Hand the parcel to the carrier within 14 days.

                ## What can't be returned
                - Made-to-order sofas and curtains
                - Gift cards
                """
        ),
        .sample(
            2, title: "When you get your refund",
            content: """
                ## How long it takes
                We check a return within 3 business days and email you when the refund starts.

                | You paid with | The money arrives |
                | --- | --- |
                | Credit card | 3 to 5 business days |
                | PayPal | 1 to 2 business days |
                """
        ),
        .sample(
            3, title: "Buying and using gift cards",
            content: """
                Gift cards are available from $10 to $500.

                ## Balance and validity
                Check the balance on the page *Gift card balance*. Gift cards never expire and have no fees.
                """
        ),
        .sample(
            4, title: "Stores and opening hours",
            content: """
                ## In every store
                - Parking is free for 2 hours.
                - Dogs on a leash are welcome.
                """
        ),
    ]
}

extension Identifier {
    static func numbered(_ number: Int) -> Self {
        let digits = String(number)
        return Self("00000000-0000-7000-8000-" + String(repeating: "0", count: 12 - digits.count) + digits)!
    }
}

extension PendingAnswer {
    static func sample(
        _ number: Int, in conversation: Int = 100, content: String = "Do gift cards expire?", attempts: Int = 0
    ) -> PendingAnswer {
        let now = Instant(rfc3339: "2026-03-01T09:30:00Z")!
        return PendingAnswer(
            messageID: .numbered(number), conversationID: .numbered(conversation), content: content,
            requestID: "request-\(number)", enqueuedAt: now, attempts: attempts, nextAttemptAt: now
        )
    }
}

/// Markdown of random structure and words, with everything that cutting could trip over.
func randomMarkdown(using random: inout SeededRandom) -> String {
    let words = [
        "refund", "order", "the", "naïve", "Straße", "日本語", "e\u{301}te\u{301}", "🙂👩‍👩‍👧", "**bold**", "_em_",
        "`code`",
        "[link](https://example.com/a_b)", "snake_case", "No.", "e.g.", "3.5%", "$10", "a|b", "\\*", "Dr.", "x",
        String(repeating: "long", count: 80),
    ]
    func line(_ count: Int) -> String {
        (0..<count).map { _ in
            words.randomElement(using: &random)! + ([". ", "! ", " ", " "].randomElement(using: &random)!)
        }
        .joined()
    }
    let newline = Bool.random(using: &random) ? "\n" : "\r\n"
    var lines: [String] = []
    for _ in 0..<Int.random(in: 1...25, using: &random) {
        let text = line(Int.random(in: 1...60, using: &random))
        let marks = [
            "", "", "# ", "### ", "- ", "* ", "1. ", "12) ", "  - ", "| ", "---", "|---|", "\t", "> ", "#",
        ]
        lines.append(marks.randomElement(using: &random)! + text)
        if Bool.random(using: &random) { lines.append("") }
    }
    return lines.joined(separator: newline)
}
