"""What the tests of both pages stand on: a server, a browser, and a look at what the browser complains of."""
import os
import re
import unittest

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

from server import LONGEST_WAIT_SECONDS, Server

DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}

expect.set_options(timeout=LONGEST_WAIT_SECONDS * 1000)

REPORT_VIOLATIONS = """document.addEventListener("securitypolicyviolation", (event) =>
    console.error(`The policy forbids ${event.violatedDirective} ${event.blockedURI}`))"""

# Contrast is measured on what is there to stay, not on what fades in.
AWAIT_STILLNESS = """() => Promise.allSettled(document.getAnimations()
    .filter((animation) => animation.effect.getTiming().iterations !== Infinity)
    .map((animation) => animation.finished))"""


class PageCase(unittest.TestCase):
    """Each test has a browser of its own that has seen nothing yet; the server is the class's."""

    settings = {}

    @classmethod
    def setUpClass(cls):
        cls.server = Server(**cls.settings)
        cls.addClassCleanup(cls.server.close)
        cls.server.import_articles()
        cls.server.start()
        playwright = sync_playwright().start()
        cls.addClassCleanup(playwright.stop)
        # Without the sandbox, which containers don't allow: only our own pages are opened.
        cls.browser = playwright.chromium.launch(
            executable_path=os.environ.get("FRONTDESK_TEST_CHROMIUM"), chromium_sandbox=False)
        cls.addClassCleanup(cls.browser.close)

    def setUp(self):
        self.complaints = []
        self.expected_complaints = []
        self.page = self.new_page()

    def tearDown(self):
        unexpected = [complaint for complaint in self.complaints
                      if not any(re.search(pattern, complaint) for pattern in self.expected_complaints)]
        self.assertEqual(unexpected, [], "The browser complains.")

    def new_page(self):
        """A page in a browser of its own: cookies and storage are nobody else's."""
        context = self.browser.new_context(viewport=DESKTOP, locale="en-US", base_url=self.server.address)
        context.set_default_timeout(LONGEST_WAIT_SECONDS * 1000)
        self.addCleanup(context.close)
        context.add_init_script(REPORT_VIOLATIONS)
        page = context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._hear)
        return page

    def expect_complaint(self, pattern):
        """The browser itself reports every refused request; where one is the point of the test it may."""
        self.expected_complaints.append(pattern)

    def assert_accessible(self, page=None):
        """No serious or critical finding of axe, on a desktop and a phone, in light and dark."""
        page = page or self.page
        for size in (DESKTOP, PHONE):
            for colours in ("light", "dark"):
                with self.subTest(size=size, colours=colours):
                    page.set_viewport_size(size)
                    page.emulate_media(color_scheme=colours)
                    page.evaluate(AWAIT_STILLNESS)
                    self.assertEqual(serious_findings(page), [])
        page.set_viewport_size(DESKTOP)
        page.emulate_media(color_scheme="light")

    def _hear(self, message):
        if message.type == "error":
            self.complaints.append(f"{message.text} {message.location.get('url', '')}")


def serious_findings(page):
    return [(finding["id"], [node["html"][:200] for node in finding["nodes"]])
            for finding in Axe().run(page).response["violations"] if finding["impact"] in ("serious", "critical")]


class VisitorsPage:
    """What a visitor sees and does, in a visitor's words."""

    def __init__(self, page):
        self.page = page
        self.connection = page.get_by_role("status").filter(has_text=re.compile("Ready|Connect|Reconnect|Offline"))
        self.own_messages = page.locator(".message.contact")
        self.answers = page.locator(".message.assistant")
        self.finished_answers = page.locator(".message.assistant[aria-busy=false]")
        self.sources = page.get_by_role("list", name="Sources").get_by_role("button")
        self.greeting = page.get_by_role("heading", name="Hello! How can we help?")

    def open(self):
        self.page.goto("/")
        return self

    def send(self, words):
        message = self.page.get_by_role("textbox", name="Message")
        message.fill(words)
        message.press("Enter")

    def ask(self, question):
        """Asks, and waits for the whole answer."""
        answered = self.finished_answers.count()
        self.send(question)
        expect(self.finished_answers).to_have_count(answered + 1)
        return self.finished_answers.nth(answered)
