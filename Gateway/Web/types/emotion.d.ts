// The two names of Emotion, Material UI's style engine, that source/appearance uses.
declare module "@emotion/react" {
  import type { ComponentType, ReactNode } from "react";

  /** Where Emotion writes its rules. */
  export interface StyleSheet {
    key: string;
    tags: HTMLStyleElement[];
    insert(rule: string): void;
    flush(): void;
    hydrate(tags: HTMLStyleElement[]): void;
  }
  export interface EmotionCache {
    sheet: StyleSheet;
  }
  export const CacheProvider: ComponentType<{ value: EmotionCache; children: ReactNode }>;
  export function createCache(options: { key: string }): EmotionCache;
}
