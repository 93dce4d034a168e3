import { useEffect, useState } from "react";
import { firstWords } from "./words";

const millisecondsPerWord = 25;

/**
 * Shows a growing text word by word at a reading pace, however fast it arrives. A text that was
 * whole from the start, and any text under reduced motion, is shown at once.
 */
export function useWordReveal(text: string, isStreamed: boolean): { shown: string; isComplete: boolean } {
  const [count, setCount] = useState(() => (isStreamed && !prefersReducedMotion() ? 0 : Infinity));
  const shown = count === Infinity ? text : firstWords(text, count);
  const isComplete = shown.length === text.length;

  useEffect(() => {
    if (isComplete) return;
    const timer = setInterval(() => setCount((count) => count + 1), millisecondsPerWord);
    return () => clearInterval(timer);
  }, [isComplete]);

  return { shown, isComplete };
}

function prefersReducedMotion(): boolean {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
