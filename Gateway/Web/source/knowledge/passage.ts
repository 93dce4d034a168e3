import type { Inline, Leaf } from "../messages/inline";
import { type Block, parseMarkdown } from "../messages/markdown";

/** Where a leaf's letters that belong to the passage begin and end. */
type Range = [start: number, end: number];

/**
 * The article with the quoted passage marked, as far as it is there. Letters and digits alone are
 * compared: a quote may join lines, drop markup or stand across two list items.
 */
export function markPassage(blocks: Block[], quote: string): { blocks: Block[]; isFound: boolean } {
  const wanted = squeeze(leavesOf(parseMarkdown(quote)).map((leaf) => leaf.text).join(""));
  const leaves = leavesOf(blocks);
  const start = wanted === "" ? -1 : leaves.map((leaf) => squeeze(leaf.text)).join("").indexOf(wanted);
  if (start === -1) return { blocks, isFound: false };

  const ranges = new Map<Leaf, Range>();
  let before = 0;
  for (const leaf of leaves) {
    const range = rangeOf(leaf.text, start - before, start + wanted.length - before);
    if (range) ranges.set(leaf, range);
    before += squeeze(leaf.text).length;
  }
  return { blocks: mapLeaves(blocks, (leaf) => cut(leaf, ranges.get(leaf))), isFound: true };
}

const insignificant = /[^\p{L}\p{N}]/gu;

/** Lower-casing may change a text's length, so each letter is folded alone and kept only if it stays one. */
function squeeze(text: string): string {
  return text.replace(insignificant, "").replace(/\p{Lu}/gu, (letter) => {
    const folded = letter.toLowerCase();
    return folded.length === letter.length ? folded : letter;
  });
}

/** Turns positions among the significant letters into positions in the text, which the passage may overlap on both sides. */
function rangeOf(text: string, from: number, to: number): Range | undefined {
  if (to <= 0) return undefined;
  let start = from < 0 ? 0 : -1;
  let end = start;
  let seen = 0;
  for (const { 0: letter, index } of text.matchAll(/[\p{L}\p{N}]/gu)) {
    if (seen >= from && seen < to) {
      if (start === -1) start = index!;
      end = index! + letter.length;
    }
    seen += letter.length;
  }
  if (start === -1) return undefined;
  if (to > seen) return [start, text.length];
  // The full stop or the bracket that closes the passage is part of it.
  return [start, /^[.!?)"'…”’]/.test(text.slice(end)) ? end + 1 : end];
}

function cut(leaf: Leaf, range: Range | undefined): Leaf[] {
  if (!range) return [leaf];
  const parts: Leaf[] = [
    { ...leaf, text: leaf.text.slice(0, range[0]) },
    { ...leaf, text: leaf.text.slice(...range), isMarked: true },
    { ...leaf, text: leaf.text.slice(range[1]) },
  ];
  return parts.filter((part) => part.text !== "");
}

function leavesOf(blocks: Block[]): Leaf[] {
  const leaves: Leaf[] = [];
  mapLeaves(blocks, (leaf) => {
    leaves.push(leaf);
    return [leaf];
  });
  return leaves;
}

function mapLeaves(blocks: Block[], change: (leaf: Leaf) => Leaf[]): Block[] {
  const inlines = (content: Inline[]): Inline[] => content.flatMap((inline): Inline[] => {
    if ("text" in inline) return change(inline);
    return "content" in inline ? [{ ...inline, content: inlines(inline.content) }] : [inline];
  });
  return blocks.map((block): Block => {
    switch (block.kind) {
      case "heading":
      case "paragraph":
      case "code":
        return { ...block, content: inlines(block.content) };
      case "list":
        return { ...block, items: block.items.map((item) => mapLeaves(item, change)) };
      case "quote":
        return { ...block, blocks: mapLeaves(block.blocks, change) };
      case "table":
        return { ...block, header: block.header.map(inlines), rows: block.rows.map((row) => row.map(inlines)) };
      case "rule":
        return block;
    }
  });
}
