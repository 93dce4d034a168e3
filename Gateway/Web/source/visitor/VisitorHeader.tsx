import { IconButton, Menu, MenuItem, Typography } from "@mui/material";
import { useState } from "react";
import { MoreIcon } from "../appearance/icons";
import { ConnectionBadge } from "../live/ConnectionBadge";
import type { ConnectionState } from "../live/connection";

interface VisitorHeaderProps {
  siteName: string;
  connection: ConnectionState;
  canEnd: boolean;
  onEnd: () => void;
}

export function VisitorHeader({ siteName, connection, canEnd, onEnd }: VisitorHeaderProps) {
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const close = () => setAnchor(null);
  return (
    <header className="visitor-header">
      <Typography variant="h6" component="h1" noWrap>{siteName}</Typography>
      <ConnectionBadge state={connection} />
      <IconButton edge="end" aria-label="Conversation menu" aria-haspopup="menu" aria-expanded={anchor !== null}
        onClick={(event) => setAnchor(event.currentTarget)}>
        <MoreIcon />
      </IconButton>
      <Menu anchorEl={anchor} open={anchor !== null} onClose={close}>
        <MenuItem disabled={!canEnd} onClick={() => { close(); onEnd(); }}>End conversation…</MenuItem>
      </Menu>
    </header>
  );
}
