const units = [["day", 86_400], ["hour", 3_600], ["minute", 60]] as const;
const words = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

export function relativeWords(instant: string, now: number): string {
  const secondsAgo = (now - Date.parse(instant)) / 1000;
  if (secondsAgo > 30 * 86_400) return new Date(instant).toLocaleDateString();
  const unit = units.find(([, seconds]) => secondsAgo >= seconds);
  return unit ? words.format(-Math.floor(secondsAgo / unit[1]), unit[0]) : "just now";
}
