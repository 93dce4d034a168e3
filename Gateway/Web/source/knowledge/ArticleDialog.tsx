import { CircularProgress, Dialog, DialogContent, Drawer, IconButton, Typography, useMediaQuery } from "@mui/material";
import { useEffect, useMemo, useRef, useState } from "react";
import type { Client } from "../api/client";
import type { Article, Citation } from "../api/model";
import { CloseIcon } from "../appearance/icons";
import { MarkdownView } from "../messages/MarkdownView";
import { parseMarkdown } from "../messages/markdown";
import { parsePlainText } from "../messages/plain-text";
import "./article.css";
import { markPassage } from "./passage";

interface ArticleDialogProps {
  client: Client;
  /** The passage to show in its article; null while closed. */
  citation: Citation | null;
  onClose: () => void;
}

/** A help article opened at the passage that an answer rests on. */
export function ArticleDialog({ client, citation, onClose }: ArticleDialogProps) {
  const isNarrow = useMediaQuery("(max-width: 600px)");
  // The last one stays while the dialog fades out.
  const shown = useRef<Citation | null>(null);
  shown.current = citation ?? shown.current;
  const content = shown.current && <ArticleAtPassage client={client} citation={shown.current} onClose={onClose} />;
  const isOpen = citation !== null;
  return isNarrow
    ? <Drawer anchor="bottom" open={isOpen} onClose={onClose} slotProps={{ paper: drawerPaper }}>{content}</Drawer>
    : <Dialog open={isOpen} onClose={onClose} fullWidth maxWidth="sm" aria-labelledby="article-title">{content}</Dialog>;
}

const drawerPaper = {
  role: "dialog",
  "aria-labelledby": "article-title",
  sx: { maxHeight: "85dvh", borderRadius: "16px 16px 0 0" },
};

function ArticleAtPassage({ client, citation, onClose }: ArticleDialogProps & { citation: Citation }) {
  const article = useArticle(client, citation.article_id);
  return (
    <>
      <header className="article-header">
        <Typography id="article-title" variant="h6" component="h2">{article?.title ?? citation.title}</Typography>
        <IconButton aria-label="Close" edge="end" onClick={onClose}><CloseIcon /></IconButton>
      </header>
      <DialogContent dividers tabIndex={0}>
        {article === undefined && (
          <div className="article-loading"><CircularProgress size={28} aria-label="Loading the article" /></div>
        )}
        {article === null && <QuoteAlone quote={citation.quote} />}
        {article && <MarkedArticle article={article} quote={citation.quote} />}
        {citation.url && isWebAddress(citation.url) && (
          <p className="article-address">
            <a href={citation.url} target="_blank" rel="noopener noreferrer">Open the original page</a>
          </p>
        )}
      </DialogContent>
    </>
  );
}

function MarkedArticle({ article, quote }: { article: Article; quote: string }) {
  const content = useRef<HTMLDivElement>(null);
  const { blocks, isFound } = useMemo(() => {
    const parse = article.format === "text" ? parsePlainText : parseMarkdown;
    return markPassage(parse(article.content), quote);
  }, [article, quote]);
  useEffect(() => { content.current?.querySelector("mark")?.scrollIntoView({ block: "center" }); }, [blocks]);
  return (
    <div ref={content}>
      {!isFound && <QuoteAlone quote={quote} />}
      <MarkdownView blocks={blocks} />
    </div>
  );
}

/** The passage as it was when the answer was given; the article has gone or changed since. */
function QuoteAlone({ quote }: { quote: string }) {
  return (
    <figure className="quote-alone">
      <blockquote>{quote}</blockquote>
      <figcaption>The article has changed since this answer; this is the passage it was based on.</figcaption>
    </figure>
  );
}

/** Undefined while loading, null when there is no such article any more or it can't be had. */
function useArticle(client: Client, id: string): Article | null | undefined {
  const [article, setArticle] = useState<Article | null>();
  useEffect(() => {
    let isCurrent = true;
    setArticle(undefined);
    const show = (article: Article | null) => { if (isCurrent) setArticle(article); };
    client.article(id).then(show, () => show(null));
    return () => { isCurrent = false; };
  }, [client, id]);
  return article;
}

function isWebAddress(url: string): boolean {
  return /^https?:\/\//i.test(url);
}
