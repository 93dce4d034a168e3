// The subset of Markdown that help articles and answers use, as a tree. What isn't recognised stays
// text; there is no raw HTML, so nothing an article says can become markup of its own.
import { type Inline, parseInline } from "./inline";

export type Block =
  | { kind: "heading"; level: 1 | 2 | 3 | 4 | 5 | 6; content: Inline[] }
  | { kind: "paragraph"; content: Inline[] }
  | { kind: "list"; ordered: boolean; start: number; items: Block[][] }
  | { kind: "quote"; blocks: Block[] }
  | { kind: "code"; content: Inline[] }
  | { kind: "table"; header: Inline[][]; rows: Inline[][][] }
  | { kind: "rule" };

const fence = /^ {0,3}(```|~~~)/;
const heading = /^ {0,3}(#{1,6})\s+(.*?)\s*#*\s*$/;
const rule = /^ {0,3}([-*_])(\s*\1){2,}\s*$/;
const quote = /^ {0,3}> ?(.*)$/;
const listItem = /^( {0,3})([-*+]|\d{1,9}[.)])(\s+)(.*)$/;
const tableDivider = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;
/** Answers quote tables as rows alone, `a | b | c`: two of them are a table. */
const bareRow = /^[^|\s][^|]*( \| [^|]+)+$/;
/** Deeper nesting is shown as text: articles don't need it, and a parser must end. */
const deepest = 6;

export function parseMarkdown(text: string): Block[] {
  return parseBlocks(text.replace(/\r\n?/g, "\n").replace(/\t/g, "    ").split("\n"), 0);
}

function parseBlocks(lines: string[], depth: number): Block[] {
  const blocks: Block[] = [];
  let at = 0;
  while (at < lines.length) {
    if (lines[at].trim() === "") {
      at += 1;
      continue;
    }
    const [block, next] = parseBlock(lines, at, depth);
    blocks.push(block);
    at = next;
  }
  return blocks;
}

/** The block that starts at a line that isn't blank, and the line after it. */
function parseBlock(lines: string[], at: number, depth: number): [Block, number] {
  const line = lines[at];
  if (fence.test(line)) return parseFenced(lines, at);

  const headed = heading.exec(line);
  if (headed) {
    const level = headed[1].length as 1 | 2 | 3 | 4 | 5 | 6;
    return [{ kind: "heading", level, content: parseInline(headed[2]) }, at + 1];
  }
  if (rule.test(line)) return [{ kind: "rule" }, at + 1];
  if (depth < deepest && quote.test(line)) return parseQuote(lines, at, depth);
  if (depth < deepest && listItem.test(line)) return parseList(lines, at, depth);
  if (line.includes("|") && tableDivider.test(lines[at + 1] ?? "")) return parseTable(lines, at, at + 2);
  if (bareRow.test(line) && bareRow.test(lines[at + 1] ?? "")) return parseTable(lines, at, at + 1);
  return parseParagraph(lines, at);
}

function parseFenced(lines: string[], at: number): [Block, number] {
  const marker = lines[at].trim().slice(0, 3);
  let end = at + 1;
  while (end < lines.length && !lines[end].trim().startsWith(marker)) end += 1;
  const text = lines.slice(at + 1, end).join("\n");
  return [{ kind: "code", content: [{ kind: "text", text }] }, end + 1];
}

function parseQuote(lines: string[], at: number, depth: number): [Block, number] {
  const inner: string[] = [];
  let match: RegExpExecArray | null;
  while (at < lines.length && (match = quote.exec(lines[at]))) {
    inner.push(match[1]);
    at += 1;
  }
  return [{ kind: "quote", blocks: parseBlocks(inner, depth + 1) }, at];
}

function parseList(lines: string[], at: number, depth: number): [Block, number] {
  const isOrdered = (mark: string) => /\d/.test(mark);
  const first = listItem.exec(lines[at])!;
  const ordered = isOrdered(first[2]);
  const items: Block[][] = [];
  let match: RegExpExecArray | null;
  while (at < lines.length && (match = listItem.exec(lines[at])) && isOrdered(match[2]) === ordered) {
    const indent = match[1].length + match[2].length + Math.min(match[3].length, 4);
    const [inner, next] = linesOfItem(lines, at, match[4], indent);
    items.push(parseBlocks(inner, depth + 1));
    at = next;
  }
  return [{ kind: "list", ordered, start: ordered ? parseInt(first[2], 10) : 1, items }, at];
}

/** An item goes on with lines that are indented, or that simply continue its paragraph. */
function linesOfItem(lines: string[], at: number, firstLine: string, indent: number): [string[], number] {
  const inner = [firstLine];
  at += 1;
  while (at < lines.length) {
    const line = lines[at];
    const isBlank = line.trim() === "";
    const isIndented = line.search(/\S/) >= Math.min(indent, 2);
    const goesOn = isBlank ? (lines[at + 1] ?? "").search(/\S/) >= Math.min(indent, 2)
      : isIndented || !(inner[inner.length - 1].trim() === "" || startsBlock(line));
    if (!goesOn) {
      // A blank line between two items doesn't end the list.
      return [inner, isBlank && listItem.test(lines[at + 1] ?? "") ? at + 1 : at];
    }
    inner.push(isIndented ? line.slice(Math.min(indent, line.search(/\S/))) : line.trim());
    at += 1;
  }
  return [inner, at];
}

function parseTable(lines: string[], headerAt: number, firstRowAt: number): [Block, number] {
  const header = cellsOf(lines[headerAt]);
  const rows: Inline[][][] = [];
  let at = firstRowAt;
  while (at < lines.length && lines[at].includes("|")) {
    const cells = cellsOf(lines[at]);
    rows.push(header.map((_, column) => cells[column] ?? []));
    at += 1;
  }
  return [{ kind: "table", header, rows }, at];
}

function cellsOf(line: string): Inline[][] {
  const inner = line.trim().replace(/^\|/, "").replace(/(?<!\\)\|$/, "");
  return inner.split(/(?<!\\)\|/).map((cell) => parseInline(cell.trim().replace(/\\\|/g, "|")));
}

function parseParagraph(lines: string[], at: number): [Block, number] {
  let end = at + 1;
  while (end < lines.length && lines[end].trim() !== "" && !startsBlock(lines[end])) end += 1;
  // Two spaces at the end of a line break it, so only the start may be trimmed.
  const text = lines.slice(at, end).map((line) => line.trimStart()).join("\n").trimEnd();
  return [{ kind: "paragraph", content: parseInline(text) }, end];
}

function startsBlock(line: string): boolean {
  return fence.test(line) || heading.test(line) || rule.test(line) || quote.test(line) || listItem.test(line);
}
