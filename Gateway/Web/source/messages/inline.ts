// What stands inside a paragraph: text with emphasis, code, links and citation markers.

export type Leaf =
  | { kind: "text"; text: string; isMarked?: true }
  | { kind: "code"; text: string; isMarked?: true };

export type Inline =
  | Leaf
  | { kind: "strong"; content: Inline[] }
  | { kind: "emphasis"; content: Inline[] }
  | { kind: "link"; href: string; content: Inline[] }
  /** `[2]`: the second of the message's citations. */
  | { kind: "citation"; number: number }
  | { kind: "break" };

interface Rule {
  pattern: RegExp;
  read(match: RegExpExecArray): Inline;
}

/** Tried in this order wherever one of `special` stands. Each is bounded by what it may not contain. */
const rules: Rule[] = [
  { pattern: /\\([\\`*_{}[\]()#+\-.!|>~])/y, read: ([, text]) => ({ kind: "text", text }) },
  { pattern: /(`+)([^`]|[^`][^]*?[^`])\1(?!`)/y, read: ([, , text]) => ({ kind: "code", text: text.trim() }) },
  { pattern: /\*\*(?=\S)([^]+?)(?<=\S)\*\*(?!\*)/y, read: ([, text]) => ({ kind: "strong", content: parseInline(text) }) },
  { pattern: /__(?=\S)([^_]+?)(?<=\S)__(?!\w)/y, read: ([, text]) => ({ kind: "strong", content: parseInline(text) }) },
  { pattern: /\*(?=\S)([^*]+?)(?<=\S)\*/y, read: ([, text]) => ({ kind: "emphasis", content: parseInline(text) }) },
  {
    pattern: /(?<!\w)_(?=\S)([^_]+?)(?<=\S)_(?!\w)/y,
    read: ([, text]) => ({ kind: "emphasis", content: parseInline(text) }),
  },
  {
    // [words](address "title"); the address may hold one pair of parentheses.
    pattern: /\[([^[\]]+)\]\(\s*<?([^\s()<>]*(?:\([^\s()<>]*\)[^\s()<>]*)?)>?(?:\s+"[^"]*")?\s*\)/y,
    read: ([, text, href]) => link(href, parseInline(text)),
  },
  { pattern: /\[(\d{1,2})\]/y, read: ([, number]) => ({ kind: "citation", number: Number(number) }) },
  {
    pattern: /<((?:https?:\/\/|mailto:)[^\s<>]+)>/y,
    read: ([, href]) => link(href, [{ kind: "text", text: href.replace(/^mailto:/, "") }]),
  },
  {
    pattern: /(?<!\w)https?:\/\/[^\s<>()[\]]*[^\s<>()[\].,;:!?'"*_]/y,
    read: ([href]) => link(href, [{ kind: "text", text: href }]),
  },
  { pattern: /(?: {2,}|\\)\n/y, read: () => ({ kind: "break" }) },
];
const special = /[\\`*_[<h ]/g;

export function parseInline(text: string): Inline[] {
  const inlines: Inline[] = [];
  let written = 0;
  special.lastIndex = 0;
  for (let at = nextSpecial(text, 0); at !== -1; ) {
    const found = firstMatch(text, at);
    if (found === null) {
      at = nextSpecial(text, at + 1);
      continue;
    }
    pushText(inlines, text.slice(written, at));
    push(inlines, found.inline);
    written = found.end;
    at = nextSpecial(text, written);
  }
  pushText(inlines, text.slice(written));
  return inlines;
}

function nextSpecial(text: string, from: number): number {
  special.lastIndex = from;
  return special.exec(text)?.index ?? -1;
}

function firstMatch(text: string, at: number): { inline: Inline; end: number } | null {
  for (const { pattern, read } of rules) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    // Reading may parse the inside, which moves the shared patterns: take the end first.
    if (match) return { end: at + match[0].length, inline: read(match) };
  }
  return null;
}

/** Only addresses that can't run anything become links; of others the text stays. */
function link(href: string, content: Inline[]): Inline {
  const isSafe = /^(https?:\/\/|mailto:)/i.test(href);
  return isSafe ? { kind: "link", href, content } : { kind: "text", text: plainText(content) };
}

export function plainText(inlines: Inline[]): string {
  return inlines.map((inline) => {
    if ("text" in inline) return inline.text;
    return "content" in inline ? plainText(inline.content) : " ";
  }).join("");
}

function push(inlines: Inline[], inline: Inline): void {
  if (inline.kind === "text") pushText(inlines, inline.text);
  else inlines.push(inline);
}

function pushText(inlines: Inline[], text: string): void {
  const last = inlines[inlines.length - 1];
  if (text === "") return;
  if (last?.kind === "text") last.text += text;
  else inlines.push({ kind: "text", text });
}
