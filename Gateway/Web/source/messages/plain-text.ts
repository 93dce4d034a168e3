import type { Inline } from "./inline";
import type { Block } from "./markdown";

/** Plain text in the same tree as Markdown: paragraphs between empty lines, and every line break kept. */
export function parsePlainText(text: string): Block[] {
  const paragraphs = text.replace(/\r\n?/g, "\n").split(/\n\s*\n/).filter((paragraph) => paragraph.trim() !== "");
  return paragraphs.map((paragraph) => ({ kind: "paragraph", content: parseLines(paragraph.trim().split("\n")) }));
}

function parseLines(lines: string[]): Inline[] {
  return lines.flatMap((text, index): Inline[] => [...(index > 0 ? [{ kind: "break" } as const] : []), { kind: "text", text }]);
}
