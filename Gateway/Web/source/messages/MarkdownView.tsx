import { Fragment, type ReactNode } from "react";
import type { Inline } from "./inline";
import type { Block } from "./markdown";
import "./markdown.css";

interface MarkdownViewProps {
  blocks: Block[];
  /** How to show `[n]`; as text where there are no citations to show. */
  citation?: (number: number) => ReactNode;
}

/** Markdown as elements. Text only ever becomes text nodes. */
export function MarkdownView({ blocks, citation = (number) => `[${number}]` }: MarkdownViewProps) {
  return <div className="markdown">{showBlocks(blocks, citation)}</div>;
}

type ShowCitation = (number: number) => ReactNode;

function showBlocks(blocks: Block[], citation: ShowCitation): ReactNode {
  return blocks.map((block, index) => <Fragment key={index}>{showBlock(block, citation)}</Fragment>);
}

function showBlock(block: Block, citation: ShowCitation): ReactNode {
  switch (block.kind) {
    case "heading": {
      // The page and the dialog have the first two levels.
      const Heading = `h${Math.min(block.level + 2, 6)}` as "h3" | "h4" | "h5" | "h6";
      return <Heading>{showInlines(block.content, citation)}</Heading>;
    }
    case "paragraph":
      return <p>{showInlines(block.content, citation)}</p>;
    case "list": {
      const items = block.items.map((item, index) => <li key={index}>{showItem(item, citation)}</li>);
      return block.ordered ? <ol start={block.start}>{items}</ol> : <ul>{items}</ul>;
    }
    case "quote":
      return <blockquote>{showBlocks(block.blocks, citation)}</blockquote>;
    case "code":
      return <pre tabIndex={0}><code>{showInlines(block.content, citation)}</code></pre>;
    case "table":
      return (
        <div className="table" tabIndex={0}>
          <table>
            <thead><tr>{block.header.map((cell, index) => <th key={index}>{showInlines(cell, citation)}</th>)}</tr></thead>
            <tbody>
              {block.rows.map((row, index) => (
                <tr key={index}>{row.map((cell, column) => <td key={column}>{showInlines(cell, citation)}</td>)}</tr>
              ))}
            </tbody>
          </table>
        </div>
      );
    case "rule":
      return <hr />;
  }
}

/** A tight list's item is one paragraph, which needs no element of its own. */
function showItem(item: Block[], citation: ShowCitation): ReactNode {
  return item.map((block, index) => (
    <Fragment key={index}>
      {index === 0 && block.kind === "paragraph" ? showInlines(block.content, citation) : showBlock(block, citation)}
    </Fragment>
  ));
}

const lastWord = /\S{1,30}\s?$/;

function showInlines(content: Inline[], citation: ShowCitation): ReactNode {
  return content.map((inline, index) => {
    const [before, after] = [content[index - 1], content[index + 1]];
    // No line begins with a citation's number: it is shown together with the word before it.
    if (inline.kind === "citation" && before && wordAtEnd(before)) return null;
    const word = after?.kind === "citation" ? wordAtEnd(inline) : null;
    return (
      <Fragment key={index}>
        {word && after?.kind === "citation"
          ? <>{word.input.slice(0, word.index)}<span className="unbroken">{word[0]}{citation(after.number)}</span></>
          : showInline(inline, citation)}
      </Fragment>
    );
  });
}

function wordAtEnd(inline: Inline): RegExpExecArray | null {
  return inline.kind === "text" && !inline.isMarked ? lastWord.exec(inline.text) : null;
}

function showInline(inline: Inline, citation: ShowCitation): ReactNode {
  switch (inline.kind) {
    case "text":
      return inline.isMarked ? <mark>{inline.text}</mark> : inline.text;
    case "code":
      return <code>{inline.isMarked ? <mark>{inline.text}</mark> : inline.text}</code>;
    case "strong":
      return <strong>{showInlines(inline.content, citation)}</strong>;
    case "emphasis":
      return <em>{showInlines(inline.content, citation)}</em>;
    case "link":
      return (
        <a href={inline.href} target="_blank" rel="noopener noreferrer nofollow">
          {showInlines(inline.content, citation)}
        </a>
      );
    case "citation":
      return citation(inline.number);
    case "break":
      return <br />;
  }
}
