import { Button, Chip, Typography } from "@mui/material";
import type { Account } from "../api/model";
import { ConnectionBadge } from "../live/ConnectionBadge";
import type { ConnectionState } from "../live/connection";

interface ConsoleHeaderProps {
  account: Account;
  connection: ConnectionState;
  onSignOut: () => void;
}

export function ConsoleHeader({ account, connection, onSignOut }: ConsoleHeaderProps) {
  return (
    <header className="console-header">
      <Typography variant="h6" component="h1" noWrap>Conversations</Typography>
      <ConnectionBadge state={connection} />
      <span className="console-account">
        <span className="email">{account.email}</span>
        <Chip size="small" label={account.role} />
      </span>
      <Button size="small" variant="outlined" onClick={onSignOut}>Sign out</Button>
    </header>
  );
}
