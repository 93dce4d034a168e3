import Contracts

/// Greetings and thanks: friendly words back. Nothing was asked, so nothing is cited and nothing declined.
enum SmallTalk {
    /// - Returns: `nil` unless the whole message is small talk.
    static func reply(to message: String) -> AnswerView? {
        let words = Words.split(message.prefix(200))
        guard (1...6).contains(words.count), words.allSatisfy({ polite.contains($0) || filler.contains($0) }),
            let first = words.first(where: { polite.contains($0) })
        else { return nil }
        let answer =
            if thanks.contains(first) {
                "You're welcome! Ask me if there is anything else."
            } else if farewells.contains(first) {
                "Goodbye, and have a good day!"
            } else {
                "Hello! What would you like to know? I answer from our help articles."
            }
        return AnswerView(answer: answer, abstained: false, citations: [], confidence: 1)
    }

    private static let greetings: Set<String> = [
        "hi", "hello", "hey", "hiya", "howdy", "greetings", "morning", "afternoon", "evening",
    ]
    private static let thanks: Set<String> = ["thanks", "thank", "thx", "ty", "cheers", "appreciated"]
    private static let farewells: Set<String> = ["bye", "goodbye", "cya"]
    private static let polite = greetings.union(thanks).union(farewells)
    private static let filler: Set<String> = [
        "good", "there", "you", "so", "very", "much", "a", "lot", "again", "everyone", "all", "and", "to", "ok",
        "okay", "great", "perfect", "many", "for", "your", "help", "now", "oh", "dear", "team",
    ]
}
