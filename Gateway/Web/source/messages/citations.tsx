import { Chip } from "@mui/material";
import type { Citation } from "../api/model";
import { ArticleIcon } from "../appearance/icons";

interface CitationMarkerProps {
  number: number;
  /** Not there yet while the answer still streams. */
  citation: Citation | undefined;
  onOpen: (citation: Citation) => void;
}

/** The small number in the text of an answer that says which source a sentence rests on. */
export function CitationMarker({ number, citation, onOpen }: CitationMarkerProps) {
  if (!citation) return <span className="citation-marker">{number}</span>;
  return (
    <button type="button" className="citation-marker" title={citation.title}
      aria-label={`Source ${number}: ${citation.title}`} onClick={() => onOpen(citation)}>
      {number}
    </button>
  );
}

/** The sources below an answer. Several passages of one article share a chip, which opens at the first. */
export function SourceChips({ citations, onOpen }: { citations: Citation[]; onOpen: (citation: Citation) => void }) {
  const numbers = new Map<string, number[]>();
  citations.forEach(({ article_id }, index) => numbers.set(article_id, [...(numbers.get(article_id) ?? []), index + 1]));
  return (
    <ul className="sources" aria-label="Sources">
      {[...numbers.values()].map((ofArticle) => {
        const citation = citations[ofArticle[0] - 1];
        return (
          <li key={citation.article_id}>
            <Chip component="button" size="small" variant="outlined" clickable icon={<ArticleIcon />}
              label={`${ofArticle.join(", ")} · ${citation.title}`} onClick={() => onOpen(citation)} />
          </li>
        );
      })}
    </ul>
  );
}
