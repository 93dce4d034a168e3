import { Alert, Button, CircularProgress, IconButton, ToggleButton, ToggleButtonGroup, Tooltip } from "@mui/material";
import type { MouseEvent } from "react";
import type { Conversation } from "../api/model";
import { RefreshIcon } from "../appearance/icons";
import { addressOf, go } from "./address";
import type { ConversationList, Filter } from "./desk";
import { RelativeTime } from "./RelativeTime";
import { StatusChip } from "./StatusChip";

interface ConversationListViewProps {
  list: ConversationList;
  onShow: (filter: Filter) => void;
  onLoadMore: () => void;
}

export function ConversationListView({ list, onShow, onLoadMore }: ConversationListViewProps) {
  const isEmpty = !list.isLoading && list.problem === null && list.conversations.length === 0;
  const refresh = () => onShow(list.filter);
  return (
    <main className="list-page">
      <div className="list-tools">
        <ToggleButtonGroup exclusive size="small" aria-label="Which conversations" value={list.filter}
          onChange={(_, filter) => { if (filter !== null) onShow(filter as Filter); }}>
          <ToggleButton value="all">All</ToggleButton>
          <ToggleButton value="open">Open</ToggleButton>
          <ToggleButton value="resolved">Resolved</ToggleButton>
        </ToggleButtonGroup>
        {list.isLoading && <CircularProgress size={22} aria-label="Loading" />}
        <Tooltip title="Refresh">
          <IconButton aria-label="Refresh" onClick={refresh}><RefreshIcon /></IconButton>
        </Tooltip>
      </div>
      {list.problem !== null && (
        <Alert severity="error" action={<Button color="inherit" size="small" onClick={refresh}>Try again</Button>}>
          {list.problem}
        </Alert>
      )}
      {isEmpty && <p className="list-empty">No conversations here yet.</p>}
      {list.conversations.length > 0 && <ConversationTable conversations={list.conversations} />}
      {list.nextCursor !== null && (
        <Button className="load-more" variant="outlined" disabled={list.isLoading} onClick={onLoadMore}>Load more</Button>
      )}
    </main>
  );
}

/** A table on a wide window, cards on a narrow one: the style sheet decides. */
function ConversationTable({ conversations }: { conversations: Conversation[] }) {
  return (
    <table className="conversations">
      <thead>
        <tr><th>Status</th><th>Subject</th><th>Contact</th><th className="number">Messages</th><th>Last activity</th></tr>
      </thead>
      <tbody>
        {conversations.map((conversation) => (
          <tr key={conversation.id}>
            <td className="status"><StatusChip status={conversation.status} /></td>
            <td className="subject"><ConversationLink conversation={conversation} /></td>
            <td className="contact">{contactNameOf(conversation)}</td>
            <td className="number">{conversation.message_count}<span className="unit"> messages</span></td>
            <td className="activity"><RelativeTime instant={conversation.updated_at} /></td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** A real link, so that it opens in a new tab like any other. */
function ConversationLink({ conversation }: { conversation: Conversation }) {
  const follow = (event: MouseEvent) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(conversation.id);
  };
  return <a href={addressOf(conversation.id)} onClick={follow}>{subjectOf(conversation)}</a>;
}

export function subjectOf(conversation: Conversation): string {
  return conversation.subject || "No subject";
}

export function contactNameOf(conversation: Conversation): string {
  return conversation.contact?.name || conversation.contact?.email || "Visitor";
}
