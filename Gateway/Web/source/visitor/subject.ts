const longestSubject = 80;

/** The first words, which is what staff see in their list. */
export function subjectOf(content: string): string {
  const words = content.replace(/\s+/g, " ").trim();
  if (words.length <= longestSubject) return words;
  const cut = words.slice(0, longestSubject);
  return `${cut.slice(0, Math.max(cut.lastIndexOf(" "), longestSubject / 2)).trimEnd()}…`;
}
