import { IconButton } from "@mui/material";
import { type FormEvent, type KeyboardEvent, useEffect, useRef, useState } from "react";
import { SendIcon } from "../appearance/icons";
import "./composer.css";
import { recall, remember } from "./memory";

const mostCharacters = 4_000;
const counterFrom = 3_600;
/** Typing is said again this often while it goes on, and taken back when nothing was typed for as long. */
const typingMilliseconds = 3_000;

interface ComposerProps {
  onSend: (content: string) => void;
  onTyping: (active: boolean) => void;
}

/** Where the visitor writes: Enter sends, Shift and Enter breaks a line. The draft outlives the page. */
export function Composer({ onSend, onTyping }: ComposerProps) {
  const [draft, setDraft] = useState(() => recall("draft") ?? "");
  const input = useRef<HTMLTextAreaElement>(null);
  const sayTyping = useTyping(onTyping);
  const canSend = draft.trim() !== "" && draft.length <= mostCharacters;

  useEffect(() => { remember("draft", draft); }, [draft]);
  useEffect(() => { fit(input.current!); }, [draft]);

  const send = (event?: FormEvent) => {
    event?.preventDefault();
    if (!canSend) return;
    onSend(draft.trim());
    setDraft("");
    sayTyping(false);
    input.current!.focus();
  };
  const sendOnEnter = (event: KeyboardEvent) => {
    // While an input method composes a character, Enter belongs to it.
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };

  return (
    <form className="composer" onSubmit={send}>
      <div className="composer-field">
        <textarea ref={input} rows={1} value={draft} placeholder="Write a message" aria-label="Message"
          aria-describedby="composer-counter" onKeyDown={sendOnEnter}
          onChange={(event) => { setDraft(event.target.value); sayTyping(event.target.value.trim() !== ""); }} />
        <IconButton type="submit" color="primary" aria-label="Send" disabled={!canSend}><SendIcon /></IconButton>
      </div>
      <p id="composer-counter" className={draft.length > mostCharacters ? "counter over" : "counter"} role="status">
        {draft.length >= counterFrom && `${draft.length.toLocaleString()} of ${mostCharacters.toLocaleString()} characters`}
      </p>
    </form>
  );
}

/** As high as its lines, up to what the style sheet allows. */
function fit(input: HTMLTextAreaElement): void {
  input.style.height = "auto";
  input.style.height = `${input.scrollHeight}px`;
}

function useTyping(onTyping: (active: boolean) => void): (active: boolean) => void {
  const saidAt = useRef(0);
  const stop = useRef<ReturnType<typeof setTimeout>>();
  useEffect(() => () => clearTimeout(stop.current), []);
  return function say(active) {
    clearTimeout(stop.current);
    if (active) stop.current = setTimeout(() => say(false), typingMilliseconds);
    if (active && Date.now() - saidAt.current < typingMilliseconds) return;
    if (!active && saidAt.current === 0) return;
    saidAt.current = active ? Date.now() : 0;
    onTyping(active);
  };
}
