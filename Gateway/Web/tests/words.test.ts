import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { relativeWords } from "../source/console/relative-words";
import { backoffMilliseconds } from "../source/live/backoff";
import { firstWords } from "../source/messages/words";
import { subjectOf } from "../source/visitor/subject";

test("waiting doubles from half a second to fifteen, at random below the ceiling", () => {
  const ceiling = () => 1;
  equal(backoffMilliseconds(1, ceiling), 500);
  equal(backoffMilliseconds(2, ceiling), 1_000);
  equal(backoffMilliseconds(5, ceiling), 8_000);
  equal(backoffMilliseconds(100, ceiling), 15_000);
  equal(backoffMilliseconds(3, () => 0), 0);
});

test("the first words keep the white space between them", () => {
  const text = "\n one  two\nthree";
  equal(firstWords(text, 0), "\n ");
  equal(firstWords(text, 1), "\n one  ");
  equal(firstWords(text, 2), "\n one  two\n");
  equal(firstWords(text, 3), text);
  equal(firstWords(text, 9), text);
});

test("a subject is the first words of the message", () => {
  equal(subjectOf("  Where is\nmy parcel? "), "Where is my parcel?");
  const long = subjectOf("word ".repeat(40));
  ok(long.length <= 81 && long.endsWith("word…"));
  equal(subjectOf("x".repeat(200)).length, 41);
});

test("times are said as people say them", () => {
  const now = Date.parse("2026-03-10T12:00:00Z");
  equal(relativeWords("2026-03-10T11:59:40Z", now), "just now");
  equal(relativeWords("2026-03-10T11:55:00Z", now), "5 minutes ago");
  equal(relativeWords("2026-03-09T11:00:00Z", now), "yesterday");
});
