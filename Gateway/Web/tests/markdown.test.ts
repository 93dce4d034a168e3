import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { type Inline, parseInline, plainText } from "../source/messages/inline";
import { type Block, parseMarkdown } from "../source/messages/markdown";

const text = (text: string): Inline => ({ kind: "text", text });
const paragraph = (...content: Inline[]): Block => ({ kind: "paragraph", content });

test("blank lines divide paragraphs, and single ones don't", () => {
  deepEqual(parseMarkdown("one\ntwo\n\nthree"), [paragraph(text("one\ntwo")), paragraph(text("three"))]);
});

test("headings have their level", () => {
  deepEqual(parseMarkdown("## Returns ##\ntext"), [
    { kind: "heading", level: 2, content: [text("Returns")] }, paragraph(text("text")),
  ]);
});

test("bullets and numbers make lists of their own, with what is indented inside", () => {
  const [bullets, numbers] = parseMarkdown("- one\n  - inner\n- two\n\n3. three\n4. four");
  ok(bullets.kind === "list" && numbers.kind === "list");
  equal(bullets.ordered, false);
  deepEqual(bullets.items[0].map((block) => block.kind), ["paragraph", "list"]);
  deepEqual(bullets.items[1], [paragraph(text("two"))]);
  equal(numbers.ordered, true);
  equal(numbers.start, 3);
  equal(numbers.items.length, 2);
});

test("a blank line between items keeps them in one list", () => {
  const blocks = parseMarkdown("1. one\n\n2. two\n\nafter");
  deepEqual(blocks.map((block) => block.kind), ["list", "paragraph"]);
});

test("fenced code is kept as it is, even when the fence isn't closed", () => {
  deepEqual(parseMarkdown("```js\n*a* [1]\n\n# b"), [{ kind: "code", content: [text("*a* [1]\n\n# b")] }]);
});

test("tables have the cells of their header", () => {
  deepEqual(parseMarkdown("| A | B |\n| --- | :-: |\n| 1 |\n| 2 | x\\|y | 3 |"), [{
    kind: "table",
    header: [[text("A")], [text("B")]],
    rows: [[[text("1")], []], [[text("2")], [text("x|y")]]],
  }]);
});

test("rows without a line under the header are a table, one row alone is text", () => {
  const [table, source] = parseMarkdown("Option | Price\nExpress | $14.90\n[1]");
  deepEqual(table, {
    kind: "table", header: [[text("Option")], [text("Price")]], rows: [[[text("Express")], [text("$14.90")]]],
  });
  equal(source.kind, "paragraph");
  equal(parseMarkdown("Express | $14.90\nby air")[0].kind, "paragraph");
});

test("quotes hold blocks, and lines hold apart", () => {
  deepEqual(parseMarkdown("> a\n> - b\n\n---"), [
    { kind: "quote", blocks: [paragraph(text("a")), { kind: "list", ordered: false, start: 1, items: [[paragraph(text("b"))]] }] },
    { kind: "rule" },
  ]);
});

test("emphasis, code and breaks stand inside a line", () => {
  deepEqual(parseInline("a **b *c*** `*d*`  \ne_f_g"), [
    text("a "), { kind: "strong", content: [text("b "), { kind: "emphasis", content: [text("c")] }] }, text(" "),
    { kind: "code", text: "*d*" }, { kind: "break" }, text("e_f_g"),
  ]);
});

test("numbers in brackets are citation markers", () => {
  deepEqual(parseInline("Yes [1][12]. [123] [x]"), [
    text("Yes "), { kind: "citation", number: 1 }, { kind: "citation", number: 12 }, text(". [123] [x]"),
  ]);
});

test("only web and mail addresses become links", () => {
  deepEqual(parseInline("[a](https://x.example/a_(b) \"t\")"), [{ kind: "link", href: "https://x.example/a_(b)", content: [text("a")] }]);
  deepEqual(parseInline("[a](mailto:a@x.example)"), [{ kind: "link", href: "mailto:a@x.example", content: [text("a")] }]);
  for (const href of ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "vbscript:x", "//x.example", "/local"]) {
    deepEqual(parseInline(`[a](${href})`), [text("a")], href);
  }
});

test("an address in the text is a link without the full stop after it", () => {
  deepEqual(parseInline("See https://x.example/a."), [
    text("See "), { kind: "link", href: "https://x.example/a", content: [text("https://x.example/a")] }, text("."),
  ]);
});

test("markup of HTML stays text", () => {
  const html = "<img src=x onerror=alert(1)> &lt;";
  deepEqual(parseMarkdown(html), [paragraph(text(html))]);
});

test("a backslash takes the meaning away", () => {
  deepEqual(parseInline("\\*a\\* \\[1]"), [text("*a* [1]")]);
});

test("every beginning of a text can be parsed, as it comes word by word", () => {
  const whole = "# A\n\n1. **b** [1]\n   - `c`\n\n| d | e |\n| - | - |\n| f | [g](https://x.example) |\n\n```\nh\n```\n> *i*";
  for (let end = 0; end <= whole.length; end += 1) parseMarkdown(whole.slice(0, end));
});

test("hostile texts are parsed in a moment", () => {
  const started = performance.now();
  for (const piece of ["[", "*", "_", "`", "**a ", "[a](", "> ", "- ", "|", "<", "`` ` ", "  ", "\\", "![", "1. "]) {
    parseMarkdown(piece.repeat(4_000 / piece.length));
    parseMarkdown(`${piece.repeat(4_000 / piece.length)}\n`.repeat(3));
  }
  ok(performance.now() - started < 2_000);
});

test("plain text drops what only decorates", () => {
  equal(plainText(parseInline("a **b** `c` [d](https://x.example)")), "a b c d");
});
