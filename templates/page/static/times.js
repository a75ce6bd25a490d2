// Times are relative, the exact one is on hover.

const STEPS = [["year", 31536000], ["month", 2592000], ["day", 86400], ["hour", 3600], ["minute", 60]];
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "short" });

export function ago(stamp, now = Date.now()) {
  const seconds = (now - Date.parse(stamp)) / 1000;
  if (!Number.isFinite(seconds)) return "";
  if (seconds < 45) return "just now";
  const [unit, size] = STEPS.find(([, size]) => seconds >= size) ?? STEPS.at(-1);
  return relative.format(-Math.max(1, Math.round(seconds / size)), unit);
}

export function showTimes(root = document) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const told = ago(time.dateTime);
    if (!told || time.textContent === told) continue;
    time.title ||= time.textContent;
    time.textContent = told;
  }
}
