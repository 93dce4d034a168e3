const firstCeilingMilliseconds = 500;
const lastCeilingMilliseconds = 15_000;

/**
 * How long to wait before the next attempt: anywhere between nothing and a ceiling that doubles
 * with each failure ("full jitter"), so that a restarted server isn't met by everyone at once.
 */
export function backoffMilliseconds(failures: number, random: () => number = Math.random): number {
  const ceiling = firstCeilingMilliseconds * 2 ** Math.min(failures - 1, 10);
  return random() * Math.min(ceiling, lastCeilingMilliseconds);
}
