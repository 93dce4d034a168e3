/** The `count` first words of a text, with the white space that follows them. */
export function firstWords(text: string, count: number): string {
  const words = /\S+\s*/g;
  words.lastIndex = text.search(/\S|$/);
  for (let read = 0; read < count; read += 1) {
    if (words.exec(text) === null) return text;
  }
  return text.slice(0, words.lastIndex);
}
