import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { markPassage } from "../source/knowledge/passage";
import type { Inline } from "../source/messages/inline";
import { type Block, parseMarkdown } from "../source/messages/markdown";

/** The article's text with the marked parts in braces. */
function shown(article: string, quote: string): string {
  const inlines = (content: Inline[]): string => content.map((inline) => {
    if ("text" in inline) return inline.isMarked ? `{${inline.text}}` : inline.text;
    return "content" in inline ? inlines(inline.content) : "";
  }).join("");
  const blocks = (all: Block[]): string => all.map((block) => {
    if ("content" in block) return inlines(block.content);
    return block.kind === "list" ? block.items.map(blocks).join("/") : "";
  }).join("|");
  return blocks(markPassage(parseMarkdown(article), quote).blocks);
}

test("the passage is marked with the full stop that ends it", () => {
  equal(shown("We ship daily. You have 30 days. More.", "You have 30 days."), "We ship daily. {You have 30 days.} More.");
});

test("a passage is found across emphasis, links and line breaks", () => {
  equal(shown("You have **30\ndays** from [us](https://x.example) now", "have 30 days from us"),
    "You {have }{30\ndays}{ from }{us} now");
});

test("a passage may be quoted with its markup, and in other capitals", () => {
  equal(shown("a **b** c", "A **B**"), "{a }{b} c");
});

test("a passage may stand across list items", () => {
  equal(shown("- one two\n- three four", "two\n- three"), "one {two}/{three} four");
});

test("what isn't there leaves the article as it is", () => {
  const blocks = parseMarkdown("We ship daily.");
  deepEqual(markPassage(blocks, "We never ship."), { blocks, isFound: false });
  deepEqual(markPassage(blocks, "  …  "), { blocks, isFound: false });
});

test("letters beyond the basic plane and in other alphabets keep their places", () => {
  equal(shown("😀 Grüße aus İzmir, 𝒜𝒷.", "aus İzmir, 𝒜𝒷"), "😀 Grüße {aus İzmir, 𝒜𝒷.}");
});
