import { memo, useMemo } from "react";
import type { Author, Citation } from "../api/model";
import { CitationMarker, SourceChips } from "./citations";
import { MarkdownView } from "./MarkdownView";
import { parseMarkdown } from "./markdown";
import "./messages.css";
import { useWordReveal } from "./useWordReveal";

export interface MessageBubbleProps {
  author: Author;
  content: string;
  citations: Citation[];
  createdAt: string | null;
  /** The answer came word by word and is revealed so. */
  isStreamed?: boolean;
  /** What the contact is called on this page: "You", or the name that staff see. */
  contactName: string;
  onCitation: (citation: Citation) => void;
}

/** One message of the conversation, on the side of whoever wrote it. */
export const MessageBubble = memo(function MessageBubble(props: MessageBubbleProps) {
  if (props.author.kind === "system") return <p className="system-message">{props.content}</p>;
  return props.author.kind === "assistant" ? <AssistantMessage {...props} /> : <PersonsMessage {...props} />;
});

function AssistantMessage(props: MessageBubbleProps) {
  const { author, content, citations, createdAt, isStreamed = false, onCitation } = props;
  const { shown, isComplete } = useWordReveal(content, isStreamed);
  const blocks = useMemo(() => parseMarkdown(shown), [shown]);
  const isFinal = createdAt !== null && isComplete;
  return (
    <article className="message assistant" aria-busy={!isFinal}>
      <Byline name={author.name || "Assistant"} createdAt={createdAt} />
      <div className="bubble">
        <MarkdownView
          blocks={blocks}
          citation={(number) => <CitationMarker number={number} citation={citations[number - 1]} onOpen={onCitation} />}
        />
      </div>
      {isFinal && citations.length > 0 && <SourceChips citations={citations} onOpen={onCitation} />}
    </article>
  );
}

function PersonsMessage({ author, content, createdAt, contactName }: MessageBubbleProps) {
  const name = author.kind === "contact" ? contactName : author.name || "Agent";
  return (
    <article className={`message ${author.kind}`}>
      <Byline name={name} createdAt={createdAt} />
      <div className="bubble plain">{content}</div>
    </article>
  );
}

/** Who wrote it, and when it was stored. */
export function Byline({ name, createdAt }: { name: string; createdAt: string | null }) {
  return (
    <header className="byline">
      <span>{name}</span>
      {createdAt && <time dateTime={createdAt}>{timeOfDay(createdAt)}</time>}
    </header>
  );
}

function timeOfDay(instant: string): string {
  return new Date(instant).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}
