"""The visitor's page: ask, read the answer, look at its sources, end."""
import email
import email.policy
import re

from playwright.sync_api import expect

from page_case import PageCase, VisitorsPage

GIFTS = "Do you wrap gifts?"
DELIVERY = "How much is express delivery?"
UNKNOWN = "What is the boiling point of tungsten?"

# What the answer's bubble shows, each time that it changes.
WATCH_ANSWER = """() => {
    window.seen = [];
    new MutationObserver(() => {
        const text = document.querySelector(".message.assistant .bubble")?.textContent ?? "";
        if (text !== "" && text !== window.seen[window.seen.length - 1]) window.seen.push(text);
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
}"""


class VisitorTests(PageCase):
    def setUp(self):
        super().setUp()
        self.visitor = VisitorsPage(self.page)

    def test_nobody_is_a_visitor_before_the_first_message(self):
        asked = []
        self.page.on("request", lambda request: asked.append(request.url))
        self.page.on("websocket", lambda socket: asked.append(socket.url))
        self.visitor.open()
        expect(self.visitor.greeting).to_be_visible()
        expect(self.page).to_have_title("Harbor & Pine")
        expect(self.visitor.connection).to_have_text("Ready")
        self.assertEqual([url for url in asked if "/v1/" in url], [f"{self.server.address}/v1/site"])
        self.assert_accessible()

    def test_an_answer_streams_in_with_its_sources(self):
        self.visitor.open()
        self.page.evaluate(WATCH_ANSWER)
        answer = self.visitor.ask(GIFTS)
        expect(answer).to_contain_text("$4.50")
        expect(self.visitor.connection).to_have_text("Connected")
        seen = [words for words in self.page.evaluate("window.seen") if words in answer.inner_text()]
        self.assertGreater(len(seen), 3, "The answer was there all at once.")
        expect(self.visitor.sources.first).to_contain_text("Gift wrapping and gift messages")
        self.assert_accessible()

    def test_a_source_opens_the_article_at_the_passage(self):
        self.visitor.open().ask(GIFTS)
        self.visitor.sources.filter(has_text="Gift wrapping and gift messages").click()
        article = self.page.get_by_role("dialog", name="Gift wrapping and gift messages")
        expect(article.get_by_role("heading", name="Gift receipt")).to_be_attached()
        expect(article.locator("mark").filter(has_text="$4.50").first).to_be_in_viewport()
        self.assert_accessible()
        article.get_by_role("button", name="Close").click()
        expect(article).to_be_hidden()

    def test_the_small_number_in_the_text_opens_the_same_article(self):
        answer = self.visitor.open().ask(GIFTS)
        answer.get_by_role("button", name="Source 1: Gift wrapping and gift messages").click()
        expect(self.page.get_by_role("dialog", name="Gift wrapping and gift messages").locator("mark").first).to_be_in_viewport()

    def test_a_question_that_no_article_answers_is_declined(self):
        answer = self.visitor.open().ask(UNKNOWN)
        expect(answer).to_contain_text("I couldn't find that in our help articles")
        expect(self.visitor.sources).to_have_count(0)

    def test_a_reload_keeps_the_conversation_and_the_draft(self):
        self.visitor.open().ask(GIFTS)
        answered = self.visitor.answers.inner_text()
        self.page.get_by_role("textbox", name="Message").fill("And can I")
        self.page.reload()
        expect(self.visitor.own_messages).to_have_text(re.compile(re.escape(GIFTS)))
        self.assertEqual(self.visitor.finished_answers.inner_text(), answered)
        expect(self.page.get_by_role("textbox", name="Message")).to_have_value("And can I")
        expect(self.visitor.connection).to_have_text("Connected")
        self.visitor.ask(DELIVERY)

    def test_a_message_sent_while_the_server_is_gone_arrives_once(self):
        self.expect_complaint("ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|ERR_SOCKET_NOT_CONNECTED")
        self.visitor.open().ask(GIFTS)
        expect(self.visitor.connection).to_have_text("Connected")
        self.server.kill()
        expect(self.visitor.connection).to_have_text("Reconnecting")
        self.visitor.send(DELIVERY)
        expect(self.page.get_by_text("Not sent.")).to_be_visible()
        self.assert_accessible()
        self.server.start()
        expect(self.visitor.connection).to_have_text("Connected")
        expect(self.visitor.finished_answers).to_have_count(2)
        expect(self.visitor.own_messages.filter(has_text=DELIVERY)).to_have_count(1)
        expect(self.page.get_by_text("Not sent.")).to_have_count(0)
        self.page.reload()
        expect(self.visitor.finished_answers).to_have_count(2)
        expect(self.visitor.own_messages.filter(has_text=DELIVERY)).to_have_count(1)

    def test_a_first_message_waits_for_the_server(self):
        self.expect_complaint("ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|ERR_SOCKET_NOT_CONNECTED")
        self.visitor.open()
        expect(self.visitor.greeting).to_be_visible()
        self.server.kill()
        self.visitor.send(GIFTS)
        expect(self.page.get_by_text("Not sent.")).to_be_visible()
        self.server.start()
        expect(self.visitor.finished_answers).to_have_count(1)
        expect(self.visitor.own_messages).to_have_count(1)

    def test_where_no_web_socket_gets_through_everything_arrives_once_all_the_same(self):
        self.expect_complaint("ERR_FAILED")
        lost = []

        def lose_the_first_answer(route):
            if lost:
                return route.continue_()
            lost.append(route.fetch())
            return route.abort()

        self.page.route_web_socket(re.compile("/v1/ws$"), lambda socket: socket.close())
        self.page.route(re.compile("/messages$"), lose_the_first_answer)
        self.visitor.open().ask(GIFTS)
        expect(self.page.get_by_text("Not sent.")).to_have_count(0)
        expect(self.visitor.own_messages).to_have_count(1)
        self.assertEqual([answer.status for answer in lost], [201])
        self.page.reload()
        expect(self.visitor.finished_answers).to_have_count(1)
        expect(self.visitor.own_messages).to_have_count(1)

    def test_a_visitor_whose_token_no_longer_holds_starts_afresh(self):
        # The browser reports the refused requests, and the refused WebSocket.
        self.expect_complaint("401|HTTP Authentication failed")
        self.visitor.open().ask(GIFTS)
        self.page.evaluate("""() => localStorage.setItem("frontdesk.visitor", JSON.stringify(
            { token: "stale", expiresAt: Date.now() + 60_000 }))""")
        self.page.reload()
        expect(self.visitor.greeting).to_be_visible()
        self.visitor.ask(GIFTS)
        expect(self.visitor.own_messages).to_have_count(1)

    def test_an_end_with_an_address_sends_the_transcript(self):
        self.visitor.open().ask(GIFTS)
        self.page.get_by_role("button", name="Conversation menu").click()
        self.page.get_by_role("menuitem", name="End conversation").click()
        dialog = self.page.get_by_role("dialog", name="End this conversation?")
        self.assert_accessible()
        dialog.get_by_role("textbox", name="E-mail address").fill("mina@example.org")
        dialog.get_by_role("button", name="End conversation").click()
        expect(self.page.get_by_text("This conversation has ended.")).to_be_visible()
        expect(self.page.get_by_role("textbox", name="Message")).to_have_count(0)
        self.assert_accessible()

        mail = email.message_from_bytes(self.server.sent_mail(), policy=email.policy.default)
        self.assertIn("mina@example.org", mail["To"])
        words = " ".join(mail.get_body(("plain",)).get_content().split())
        self.assertIn(GIFTS, words)
        self.assertIn("$4.50", words)

        self.page.get_by_role("button", name="Start a new one").click()
        expect(self.visitor.greeting).to_be_visible()
        self.visitor.ask(DELIVERY)
        expect(self.visitor.own_messages).to_have_count(1)
