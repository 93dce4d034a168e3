import { Button } from "@mui/material";
import { hasEnded, type Outgoing, type Visit } from "../conversation/visit";
import { Byline } from "../messages/MessageBubble";

/** The messages on their way, and whether the last one has arrived. */
export function OutgoingMessages({ visit, onTryAgain }: { visit: Visit; onTryAgain: (key: string) => void }) {
  const messages = visit.timeline?.messages ?? [];
  const isSent = messages[messages.length - 1]?.author.kind === "contact" && visit.outgoing.length === 0
    && !visit.timeline?.provisional && !visit.timeline?.typing;
  return (
    <>
      {isSent && <p className="delivery sent">Sent</p>}
      {visit.outgoing.map((message) => (
        <article key={message.key} className="message contact">
          <Byline name="You" createdAt={null} />
          <div className="bubble plain">{message.content}</div>
          <DeliveryState message={message} isEnded={hasEnded(visit)} onTryAgain={onTryAgain} />
        </article>
      ))}
    </>
  );
}

interface DeliveryStateProps {
  message: Outgoing;
  isEnded: boolean;
  onTryAgain: (key: string) => void;
}

function DeliveryState({ message, isEnded, onTryAgain }: DeliveryStateProps) {
  if (isEnded) return <p className="delivery failed">Not sent: the conversation had ended.</p>;
  if (message.problem === null) return <p className="delivery">Sending…</p>;
  return (
    <p className="delivery failed">
      <span>Not sent. {message.problem.words}</span>
      <Button size="small" onClick={() => onTryAgain(message.key)}>Try again</Button>
    </p>
  );
}
