import Contracts
import ContractsTesting
import Testing

@testable import AI

@Suite struct AnswererTests {
    private func answer(_ question: String, from articles: [Article] = Article.shop) async throws -> AnswerView
    {
        try await QuestionAnswering(index: InMemoryPassages(articles)).answer(question)
    }

    @Test func theSentenceThatSaysItIsShownWithItsPlace() async throws {
        let view = try await answer("Do gift cards expire?")
        #expect(view.answer.contains("Gift cards never expire and have no fees. [1]"))
        #expect(view.citations.first?.articleID == .numbered(3))
        #expect(!view.abstained)
        #expect(view.confidence > 0.9)
    }

    @Test func stepsOfOneProcedureStayTogether() async throws {
        let view = try await answer("How do I return something by mail?")
        for step in ["1. Sign in and open My orders.", "3. Print the return label.", "4. Hand the parcel"] {
            #expect(view.answer.contains(step))
        }
        #expect(view.citations.count == 1)
        #expect(view.citations[0].quote.contains("**My orders**"))
    }

    @Test func tablesAreReadWithTheirHead() async throws {
        let view = try await answer("When does my refund arrive if I paid with PayPal?")
        #expect(view.answer.contains("You paid with | The money arrives"))
        #expect(view.answer.contains("PayPal | 1 to 2 business days"))
        #expect(!view.answer.contains("---"))
    }

    @Test(arguments: [
        "Who is your CEO?", "What is the capital of Canada?", "Do you sell bicycles?",
        "Can I pay with bitcoin?", "🙂", "why?",
    ])
    func whatTheArticlesDontSayIsDeclined(question: String) async throws {
        let view = try await answer(question)
        #expect(view.abstained)
        #expect(view.citations.isEmpty)
        #expect(view.confidence < 0.75)
    }

    @Test func withoutArticlesEverythingIsDeclined() async throws {
        #expect(try await answer("Do gift cards expire?", from: []).abstained)
    }

    @Test func aRareWordMustBeCovered() async throws {
        #expect(try await !answer("Are dogs welcome in your stores?").abstained)
        #expect(try await answer("Are crocodiles welcome?").abstained)
    }

    @Test func theSameWordsFromTwoArticlesAreShownOnce() async throws {
        let twin = "## Validity\nGift cards never expire and have no fees."
        let view = try await answer(
            "Do gift cards expire?",
            from: [
                .sample(1, title: "Gift cards", content: twin), .sample(2, title: "Gift cards", content: twin),
            ]
        )
        #expect(view.citations.count == 1)
    }

    @Test(arguments: 0..<20)
    func quotesStandWordForWordInTheirArticle(seed: UInt64) async throws {
        var random = SeededRandom(seed: seed)
        let articles = (1...4).map { number in
            Article.sample(
                number, title: "Refund of an order \(number)", content: randomMarkdown(using: &random),
                format: number == 4 ? .text : .markdown
            )
        }
        let questions = [
            "refund order", "How do I refund the order naive?", "How much is 日本語 code link?", "snake case x",
        ]
        for question in questions {
            let view = try await answer(question, from: articles)
            #expect(view.citations.count <= Answerer.maximumCitations)
            #expect(view.answer.count <= 4000)
            for (index, citation) in view.citations.enumerated() {
                let article = articles.first { $0.id == citation.articleID }!
                #expect(Array(article.text.content.utf8).containsRun(Array(citation.quote.utf8)))
                #expect(view.answer.contains("[\(index + 1)]"))
            }
            #expect(view.abstained == view.citations.isEmpty)
        }
    }
}

extension [UInt8] {
    fileprivate func containsRun(_ run: [UInt8]) -> Bool {
        guard count >= run.count else { return false }
        return (0...(count - run.count)).contains { self[$0..<($0 + run.count)].elementsEqual(run) }
    }
}

@Suite struct ShownTextTests {
    @Test(arguments: [
        ("Choose **Pick up in store** at *checkout*.", "Choose Pick up in store at checkout."),
        ("- One item alone", "One item alone"),
        ("- One\n- Two", "- One\n- Two"),
        ("1. First\n2. Second", "1. First\n2. Second"),
        (
            "Call `refresh_cache()` or deposit_check_3847, 2*3*4.",
            "Call refresh_cache() or deposit_check_3847, 2*3*4."
        ),
        ("See [our page](https://example.com/a).", "See our page (https://example.com/a)."),
        ("See [returns](../returns.md) and ![a map](map.png).", "See returns and a map."),
        ("| **A** | B |\n|---|---|\n| 1 | |", "A | B\n1"),
        ("\\*not emphasis\\* [1] a_b", "*not emphasis* [1] a_b"),
    ])
    func onlyMarksAreDropped(quote: String, shown: String) {
        #expect(ShownText.show(quote, format: .markdown) == shown)
    }

    @Test func plainTextIsShownAsItIs() {
        #expect(ShownText.show("a **b** | c", format: .text) == "a **b** | c")
    }
}

@Suite struct SmallTalkTests {
    @Test(arguments: ["hi", "Hello!", "Good morning", "thanks!", "Thank you very much 🙂", "ok thanks, bye"])
    func greetingsAndThanksAreAnsweredInKind(message: String) {
        let reply = SmallTalk.reply(to: message)
        #expect(reply?.abstained == false)
        #expect(reply?.citations.isEmpty == true)
    }

    @Test(arguments: ["hi, do gift cards expire?", "thanks for nothing, where is my parcel", "", "🙂", "good"])
    func everythingElseIsAQuestion(message: String) {
        #expect(SmallTalk.reply(to: message) == nil)
    }
}
