import { Alert, CircularProgress, IconButton, Typography } from "@mui/material";
import type { Citation } from "../api/model";
import { BackIcon } from "../appearance/icons";
import { TimelineView } from "../messages/TimelineView";
import { go } from "./address";
import { contactNameOf, subjectOf } from "./ConversationListView";
import type { Reading } from "./desk";
import { RelativeTime } from "./RelativeTime";
import { StatusChip } from "./StatusChip";

interface ConversationReaderProps {
  reading: Reading;
  onCitation: (citation: Citation) => void;
}

/** One conversation as it goes on, and who it is with. Reading only. */
export function ConversationReader({ reading, onCitation }: ConversationReaderProps) {
  const { conversation, timeline, problem } = reading;
  return (
    <main className="reader">
      <div className="reader-header">
        <IconButton edge="start" aria-label="Back to the list" onClick={() => go(null)}><BackIcon /></IconButton>
        <div className="reader-title">
          <Typography variant="subtitle1" component="h2" noWrap>
            {conversation ? subjectOf(conversation) : "Conversation"}
          </Typography>
          {conversation && (
            <p>
              {contactNameOf(conversation)}
              {conversation.contact?.name && conversation.contact.email && ` · ${conversation.contact.email}`}
              {" · began "}<RelativeTime instant={conversation.created_at} />
            </p>
          )}
        </div>
        {conversation && <StatusChip status={conversation.status} />}
      </div>
      {problem !== null && <Alert severity="error" sx={{ m: 2 }}>{problem}</Alert>}
      {!timeline && problem === null && (
        <div className="entrance"><CircularProgress aria-label="Loading the conversation" /></div>
      )}
      {timeline && conversation && (
        <TimelineView timeline={timeline} contactName={contactNameOf(conversation)} onCitation={onCitation} />
      )}
    </main>
  );
}
