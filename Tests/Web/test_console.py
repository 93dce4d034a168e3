"""The staff console: set up, sign in, find a conversation, read it live."""
import re

from playwright.sync_api import expect

from page_case import PageCase, VisitorsPage

PASSWORD = "correct horse battery"
GIFTS = "Do you wrap gifts?"
DELIVERY = "How much is express delivery?"


class SetUpTests(PageCase):
    def test_the_set_up_link_leads_to_the_conversations(self):
        VisitorsPage(self.new_page()).open().ask(GIFTS)
        self.page.goto(self.server.printed("Set-up link: "))
        expect(self.page.get_by_role("heading", name="Welcome")).to_be_visible()
        self.assertNotIn("setup=", self.page.url, "The token stays in the history.")
        self.assert_accessible()

        self.page.get_by_label("Password", exact=False).first.fill(PASSWORD)
        self.page.get_by_label("The same password again").fill("something else")
        self.page.get_by_role("button", name="Set password and sign in").click()
        expect(self.page.get_by_text("The two passwords differ.")).to_be_visible()
        self.page.get_by_label("The same password again").fill(PASSWORD)
        self.page.get_by_role("button", name="Set password and sign in").click()

        self.page.get_by_role("link", name=GIFTS).click()
        expect(self.page.locator(".message.assistant")).to_contain_text("$4.50")


class ConsoleTests(PageCase):
    settings = {"FRONTDESK_ADMIN_EMAIL": "ada@harborandpine.example", "FRONTDESK_ADMIN_PASSWORD": PASSWORD}

    def sign_in(self, password=PASSWORD):
        self.page.goto("/console")
        self.page.get_by_label("E-mail address").fill("ada@harborandpine.example")
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in").click()

    def test_a_wrong_password_is_said_to_be_wrong(self):
        self.expect_complaint("401")
        self.sign_in(password="something else entirely")
        expect(self.page.get_by_role("alert")).to_contain_text(re.compile("password", re.IGNORECASE))
        self.assert_accessible()
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.page.get_by_role("heading", name="Conversations")).to_be_visible()

    def test_signing_out_leaves_nothing_behind(self):
        VisitorsPage(self.new_page()).open().ask(GIFTS)
        self.sign_in()
        expect(self.page.get_by_role("link", name=GIFTS).first).to_be_visible()
        self.page.reload()
        expect(self.page.get_by_role("link", name=GIFTS).first).to_be_visible()
        self.page.get_by_role("button", name="Sign out").click()
        expect(self.page.get_by_role("heading", name="Sign in")).to_be_visible()
        self.page.reload()
        expect(self.page.get_by_role("heading", name="Sign in")).to_be_visible()
        self.sign_in()
        expect(self.page.get_by_role("link", name=GIFTS).first).to_be_visible()
        self.assert_accessible()

    def test_an_open_conversation_is_read_live(self):
        visitor = VisitorsPage(self.new_page()).open()
        visitor.ask(DELIVERY)
        self.sign_in()
        self.page.get_by_role("link", name=DELIVERY).first.click()
        expect(self.page.locator(".message.assistant")).to_have_count(1)
        expect(self.page.get_by_text("Connected")).to_be_visible()
        self.assert_accessible()

        visitor.send(GIFTS)
        expect(self.page.locator(".message.contact").filter(has_text=GIFTS)).to_be_visible()
        expect(self.page.locator(".message.assistant[aria-busy=false]")).to_have_count(2)
        self.page.get_by_role("list", name="Sources").last.get_by_role("button").first.click()
        expect(self.page.get_by_role("dialog").locator("mark").first).to_be_in_viewport()

    def test_the_list_shows_only_what_was_asked_for(self):
        VisitorsPage(self.new_page()).open().ask("Do you ship to Canada?")
        self.sign_in()
        link = self.page.get_by_role("link", name="Do you ship to Canada?")
        expect(link).to_be_visible()
        self.page.get_by_role("button", name="Resolved").click()
        expect(self.page.get_by_text("No conversations here yet.")).to_be_visible()
        self.page.get_by_role("button", name="Open", exact=True).click()
        expect(link).to_be_visible()

    def test_the_console_survives_a_restart_of_the_server(self):
        self.expect_complaint("ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|ERR_SOCKET_NOT_CONNECTED")
        self.sign_in()
        expect(self.page.get_by_text("Connected")).to_be_visible()
        self.server.kill()
        expect(self.page.get_by_text("Reconnecting")).to_be_visible()
        self.server.start()
        expect(self.page.get_by_text("Connected")).to_be_visible()
