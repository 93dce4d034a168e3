import { Button, Typography } from "@mui/material";
import { useEffect, useState } from "react";
import type { Citation } from "../api/model";
import { open } from "../api/client";
import { BellMark } from "../appearance/icons";
import { hasEnded } from "../conversation/visit";
import { ArticleDialog } from "../knowledge/ArticleDialog";
import { TimelineView } from "../messages/TimelineView";
import { Composer } from "./Composer";
import { OutgoingMessages } from "./OutgoingMessages";
import { EndConversationDialog } from "./EndConversationDialog";
import { useVisit } from "./useVisit";
import { VisitorHeader } from "./VisitorHeader";
import "./visitor.css";

const secondary = { color: "text.secondary" };

/** The page a visitor sees: ask, read the answer, look at its sources, end. */
export function VisitorPage() {
  const { visit, verbs, client } = useVisit();
  const siteName = useSiteName();
  const [citation, setCitation] = useState<Citation | null>(null);
  const [isEnding, setIsEnding] = useState(false);
  const isEnded = hasEnded(visit);
  const isEmpty = !visit.isRestoring && !visit.timeline?.messages.length && visit.outgoing.length === 0;

  return (
    <div className="visitor-page">
      <VisitorHeader siteName={siteName} connection={visit.connection}
        canEnd={visit.timeline !== null && !isEnded} onEnd={() => setIsEnding(true)} />
      <main>
        <TimelineView timeline={visit.timeline} contactName="You" onCitation={setCitation}
          ownLast={visit.outgoing[visit.outgoing.length - 1]?.key}
          before={isEmpty && <Greeting siteName={siteName} />}
          after={(
            <>
              <OutgoingMessages visit={visit} onTryAgain={verbs.tryAgain} />
              {isEnded && <Ended onStartNew={verbs.startNew} />}
            </>
          )} />
        {!isEnded && <Composer onSend={verbs.send} onTyping={verbs.showTyping} />}
      </main>
      <EndConversationDialog isOpen={isEnding} onEnd={verbs.end} onClose={() => setIsEnding(false)} />
      <ArticleDialog client={client} citation={citation} onClose={() => setCitation(null)} />
    </div>
  );
}

function Greeting({ siteName }: { siteName: string }) {
  return (
    <section className="greeting">
      <BellMark />
      <Typography variant="h5" component="h2">Hello! How can we help?</Typography>
      <Typography sx={secondary}>
        Ask {siteName} anything. Answers come from our help articles, and each shows its sources.
      </Typography>
    </section>
  );
}

function Ended({ onStartNew }: { onStartNew: () => void }) {
  return (
    <section className="ended">
      <Typography sx={secondary} variant="body2">This conversation has ended.</Typography>
      <Button variant="outlined" onClick={onStartNew}>Start a new one</Button>
    </section>
  );
}

function useSiteName(): string {
  const [name, setName] = useState("Support");
  useEffect(() => {
    // Without it the page keeps its plain name.
    open.site().then((site) => setName(site.name), () => undefined);
  }, []);
  useEffect(() => { document.title = name; }, [name]);
  return name;
}
