import { CacheProvider } from "@emotion/react";
import { Button, CssBaseline, ThemeProvider } from "@mui/material";
import { Component, type ReactNode, StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { adoptedStyleCache } from "./adopted-sheet";
import "./page.css";
import { theme } from "./theme";

/** Renders a page into the document's one element for it. */
export function showPage(page: ReactNode): void {
  createRoot(document.getElementById("page")!).render(
    <StrictMode>
      <CacheProvider value={adoptedStyleCache()}>
        <ThemeProvider theme={theme}>
          <CssBaseline />
          <Safeguard>{page}</Safeguard>
        </ThemeProvider>
      </CacheProvider>
    </StrictMode>,
  );
}

/** A mistake of ours leaves words and a way on, not an empty window. What was typed is in the browser's storage. */
class Safeguard extends Component<{ children: ReactNode }, { hasFailed: boolean }> {
  state = { hasFailed: false };

  static getDerivedStateFromError() {
    return { hasFailed: true };
  }

  render() {
    if (!this.state.hasFailed) return this.props.children;
    return (
      <main className="failure" role="alert">
        <p>Something went wrong on this page. Nothing you wrote is lost.</p>
        <Button variant="contained" onClick={() => location.reload()}>Reload the page</Button>
      </main>
    );
  }
}
