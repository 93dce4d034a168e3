import { useCallback, useEffect, useRef, useState } from "react";

/** Within this distance of the end the reader counts as being there. */
const nearEndPixels = 64;

/**
 * Keeps the end of a growing list in view while the reader is there; a reader who has scrolled
 * away is left alone and told that there is something new.
 */
export function useFollowing() {
  const scrollRef = useRef<HTMLDivElement>(null);
  const contentRef = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const [hasNews, setHasNews] = useState(false);

  const goToEnd = useCallback(() => {
    const scroll = scrollRef.current!;
    isAtEnd.current = true;
    setHasNews(false);
    scroll.scrollTop = scroll.scrollHeight;
  }, []);

  useEffect(() => {
    const scroll = scrollRef.current!;
    let height = 0;
    const onScroll = () => {
      isAtEnd.current = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < nearEndPixels;
      if (isAtEnd.current) setHasNews(false);
    };
    // Observes the window as well as the content: a phone's keyboard shrinks the former.
    const observer = new ResizeObserver(() => {
      const hasGrown = scroll.scrollHeight > height;
      height = scroll.scrollHeight;
      if (isAtEnd.current) goToEnd();
      else if (hasGrown) setHasNews(true);
    });
    scroll.addEventListener("scroll", onScroll, { passive: true });
    observer.observe(scroll);
    observer.observe(contentRef.current!);
    return () => {
      scroll.removeEventListener("scroll", onScroll);
      observer.disconnect();
    };
  }, [goToEnd]);

  return { scrollRef, contentRef, hasNews, goToEnd };
}
