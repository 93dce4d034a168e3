import { createCache, type EmotionCache, type StyleSheet } from "@emotion/react";

/**
 * Keeps Emotion's rules in a constructed style sheet. Emotion's own sheet is an empty `<style>`
 * element, which `style-src 'self'` refuses; this one needs no exception in the policy.
 */
class AdoptedSheet implements StyleSheet {
  readonly key: string;
  /** Emotion reads these to order elements; there are none. */
  readonly tags: HTMLStyleElement[] = [];
  private readonly sheet = new CSSStyleSheet();

  constructor({ key }: { key: string }) {
    this.key = key;
    const others = document.adoptedStyleSheets;
    // Global rules come first, so that a component's rules win over them.
    document.adoptedStyleSheets = key.endsWith("-global") ? [this.sheet, ...others] : [...others, this.sheet];
  }

  insert(rule: string): void {
    try {
      this.sheet.insertRule(rule, this.sheet.cssRules.length);
    } catch {
      // A vendor prefix that this browser doesn't know: Emotion writes one rule for each.
    }
  }

  flush(): void {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((sheet) => sheet !== this.sheet);
  }

  hydrate(): void {
    // Nothing was rendered on the server.
  }
}

export function adoptedStyleCache(): EmotionCache {
  const cache = createCache({ key: "css" });
  cache.sheet = new AdoptedSheet({ key: "css" });
  return cache;
}
