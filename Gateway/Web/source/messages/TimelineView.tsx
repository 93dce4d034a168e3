import { Button } from "@mui/material";
import { type ReactNode, useEffect } from "react";
import type { Citation } from "../api/model";
import { DownIcon } from "../appearance/icons";
import type { Timeline } from "../conversation/timeline";
import { MessageBubble } from "./MessageBubble";
import { useFollowing } from "./useFollowing";

interface TimelineViewProps {
  timeline: Timeline | null;
  contactName: string;
  onCitation: (citation: Citation) => void;
  /** What stands before the first message. */
  before?: ReactNode;
  /** What stands after the last one: messages on their way, the end. */
  after?: ReactNode;
  /** The reader's own last message: writing one brings its writer to the end. */
  ownLast?: string;
}

const assistant = { kind: "assistant" } as const;

/** The messages, the answer that is being written, and who is typing; it follows the end while the reader is there. */
export function TimelineView({ timeline, contactName, onCitation, before, after, ownLast }: TimelineViewProps) {
  const { scrollRef, contentRef, hasNews, goToEnd } = useFollowing();
  useEffect(() => { if (ownLast) goToEnd(); }, [goToEnd, ownLast]);
  const messages = timeline?.messages ?? [];
  return (
    <div className="timeline">
      <div className="timeline-scroll" ref={scrollRef} role="region" tabIndex={0} aria-label="Conversation">
        <div className="timeline-messages" ref={contentRef} role="log" aria-label="Messages">
          {before}
          {messages.map((message, index) => (
            <MessageBubble key={keyAfter(messages[index - 1]?.id)} author={message.author} content={message.content}
              citations={message.citations} createdAt={message.created_at} contactName={contactName}
              isStreamed={message.id === timeline?.streamedId} onCitation={onCitation} />
          ))}
          {timeline?.provisional && (
            <MessageBubble key={keyAfter(messages[messages.length - 1]?.id)} author={assistant}
              content={timeline.provisional} citations={noCitations} createdAt={null} contactName={contactName}
              isStreamed onCitation={onCitation} />
          )}
          {timeline?.typing && !timeline.provisional && <TypingIndicator name={timeline.typing.name || "Assistant"} />}
          {after}
        </div>
      </div>
      {hasNews && (
        <Button className="new-messages" variant="contained" size="small" startIcon={<DownIcon />} onClick={goToEnd}>
          New messages
        </Button>
      )}
    </div>
  );
}

const noCitations: Citation[] = [];

/** Keyed by what it follows, a stored answer takes over the element of the provisional one and its reveal goes on. */
function keyAfter(previousId: string | undefined): string {
  return previousId ?? "first";
}

function TypingIndicator({ name }: { name: string }) {
  return (
    <div className="message assistant">
      <div className="bubble">
        <span className="unseen">{name} is typing</span>
        <div className="typing-dots" aria-hidden="true"><i /><i /><i /></div>
      </div>
    </div>
  );
}
