import { Chip } from "@mui/material";
import type { ConversationStatus } from "../api/model";

const words: Record<ConversationStatus, string> = { open: "Open", resolved: "Resolved" };

export function StatusChip({ status }: { status: ConversationStatus }) {
  const isOpen = status === "open";
  return (
    <Chip size="small" variant={isOpen ? "filled" : "outlined"} color={isOpen ? "primary" : "default"}
      label={words[status] ?? status} />
  );
}
