import { CircularProgress } from "@mui/material";
import { useState } from "react";
import type { Citation } from "../api/model";
import { ArticleDialog } from "../knowledge/ArticleDialog";
import { ConsoleHeader } from "./ConsoleHeader";
import "./console.css";
import { ConversationListView } from "./ConversationListView";
import { ConversationReader } from "./ConversationReader";
import { SetUp } from "./SetUp";
import { SignIn } from "./SignIn";
import { useDesk } from "./useDesk";

/** The page for staff: sign in, find a conversation, read it live. */
export function ConsolePage({ setUpToken }: { setUpToken: string | null }) {
  const { desk, verbs, client } = useDesk();
  const [unusedToken, setUnusedToken] = useState(setUpToken);
  const [citation, setCitation] = useState<Citation | null>(null);
  const { session, reading } = desk;

  if (session.state === "restoring") {
    return <main className="entrance"><CircularProgress aria-label="Signing in" /></main>;
  }
  if (session.state === "signedOut") {
    const setUp = async (password: string) => {
      await verbs.setUp(unusedToken!, password);
      setUnusedToken(null);
    };
    return unusedToken !== null
      ? <SetUp onSetUp={setUp} onSignIn={() => setUnusedToken(null)} />
      : <SignIn notice={session.notice} onSignIn={verbs.signIn} />;
  }
  return (
    <div className="console-page">
      <ConsoleHeader account={session.account} connection={desk.connection} onSignOut={verbs.signOut} />
      {reading
        ? <ConversationReader key={reading.id} reading={reading} onCitation={setCitation} />
        : <ConversationListView list={desk.list} onShow={verbs.show} onLoadMore={verbs.loadMore} />}
      <ArticleDialog client={client} citation={citation} onClose={() => setCitation(null)} />
    </div>
  );
}
