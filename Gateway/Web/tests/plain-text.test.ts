import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { parsePlainText } from "../source/messages/plain-text";

test("plain text keeps its line breaks, and its stars are stars", () => {
  deepEqual(parsePlainText("One *two*\nthree\n\n\nfour\n"), [
    { kind: "paragraph", content: [{ kind: "text", text: "One *two*" }, { kind: "break" }, { kind: "text", text: "three" }] },
    { kind: "paragraph", content: [{ kind: "text", text: "four" }] },
  ]);
});
