import { Tooltip } from "@mui/material";
import { useEffect, useState } from "react";
import { relativeWords } from "./relative-words";

/** "5 minutes ago", with the exact time for whoever points at it. */
export function RelativeTime({ instant }: { instant: string }) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 30_000);
    return () => clearInterval(timer);
  }, []);
  const exact = new Date(instant).toLocaleString();
  return <Tooltip title={exact}><time dateTime={instant}>{relativeWords(instant, now)}</time></Tooltip>;
}
