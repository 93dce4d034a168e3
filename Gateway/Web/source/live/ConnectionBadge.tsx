import type { ConnectionState } from "./connection";
import "./connection-badge.css";

const words: Record<ConnectionState, string> = {
  idle: "Ready",
  connecting: "Connecting",
  connected: "Connected",
  reconnecting: "Reconnecting",
  offline: "Offline",
};

/** The connection's state in words, with a dot; changes are read out. */
export function ConnectionBadge({ state }: { state: ConnectionState }) {
  return (
    <span className={`connection ${state}`} role="status" aria-live="polite">
      <i aria-hidden="true" />{words[state]}
    </span>
  );
}
