import { SvgIcon } from "@mui/material";

// Drawn on Material's 24-pixel grid. Each stands beside words or inside a labelled button.
// The class comes from Material's components, which place their icons by it.
const icon = (path: string) => ({ className }: { className?: string }) => (
  <SvgIcon fontSize="small" className={className}><path d={path} /></SvgIcon>
);

/** The desk bell of the page's icon. */
export function BellMark() {
  return (
    <svg className="bell-mark" viewBox="0 0 32 32" aria-hidden="true">
      <path d="M6 21a10 10 0 0 1 20 0z" />
      <rect x="4.5" y="22.5" width="23" height="3.5" rx="1.75" />
      <circle cx="16" cy="8.5" r="2.25" />
    </svg>
  );
}

export const SendIcon = icon("M3 20.5 21 12 3 3.5v6.6L14 12 3 13.9z");
export const MoreIcon = icon(
  "M12 8a2 2 0 1 0 0-4 2 2 0 0 0 0 4m0 2a2 2 0 1 0 0 4 2 2 0 0 0 0-4m0 6a2 2 0 1 0 0 4 2 2 0 0 0 0-4",
);
export const CloseIcon = icon("M18.3 4.3 12 10.6 5.7 4.3 4.3 5.7l6.3 6.3-6.3 6.3 1.4 1.4 6.3-6.3 6.3 6.3 1.4-1.4-6.3-6.3 6.3-6.3z");
export const BackIcon = icon("M20 11H7.8l5.6-5.6L12 4l-8 8 8 8 1.4-1.4L7.8 13H20z");
export const DownIcon = icon("M11 4v12.2l-5.6-5.6L4 12l8 8 8-8-1.4-1.4-5.6 5.6V4z");
export const RefreshIcon = icon("M17.7 6.3A8 8 0 1 0 19.7 14h-2.1a6 6 0 1 1-1.4-6.2L13 11h7V4z");
export const ArticleIcon = icon(
  "M6 2h8l6 6v12a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2V4a2 2 0 0 1 2-2m7 1.5V9h5.5zM8 12v2h8v-2zm0 4v2h8v-2z",
);
