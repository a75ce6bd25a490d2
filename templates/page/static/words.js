// Words and figures, as the terminal's views have them (aideator_cli/views/wording.py, text/figures.py).

import { oneLine } from "./clean.js";

export const WAITING = {
  scheduling: "waiting for a node",
  unschedulable: "no suitable node",
  queued: "queued",
  unsubmitted: "waiting for a free place",
  quota: "blocked by the quota",
  policy: "refused by a policy",
  pulling: "pulling the image",
  image: "can't pull the image",
  secret: "a key is missing",
  config: "can't be set up",
  start_error: "can't start",
  starting: "starting",
  running: "starting",
  preempted: "preempted, queued again",
  retried: "retried",
};
export const TOLD_BY_EVENTS = new Set([
  "running", "starting", "completed", "error", "ended", "cancelled", "scheduling",
]);
const PHASES = {
  clone: "cloning",
  work: "asking the model",
  patch: "making the patch",
  answer: "looking up what it cites",
  verify: "checking",
};
const TOOLS = { bash: "running", ask: "asking", search_code: "searching", read_file: "reading", write_file: "writing", str_replace: "editing" };
const FAILED = { search_code: "search", read_file: "read", write_file: "write", str_replace: "edit" };
const SUBJECTS = { bash: "command", search_code: "query", ask: "role" }; // the argument that says what a tool is at work on
const MOST = 400; // characters of a command

export const whole = (value) => (Number.isInteger(value) ? value : 0);

export function plural(count, word) {
  return `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;
}

export function cost(dollars) {
  if (typeof dollars !== "number") return "$?";
  if (dollars === 0) return "$0";
  return dollars >= 0.01 ? `$${dollars.toFixed(2)}` : `$${dollars.toFixed(4)}`;
}

export function duration(seconds) {
  if (!(seconds >= 9.95)) return `${(seconds || 0).toFixed(1)} s`;
  const round = Math.round(seconds);
  if (round < 60) return `${round} s`;
  const two = (number) => String(number).padStart(2, "0");
  if (round < 3600) return `${Math.floor(round / 60)}m${two(round % 60)}`;
  return `${Math.floor(round / 3600)}h${two(Math.floor(round / 60) % 60)}m`;
}

export const changes = (added, removed) => `+${added} −${removed}`;

export function lines(text) {
  const found = String(text).split(/\r\n|\r|\n/);
  if (found.at(-1) === "") found.pop();
  return found;
}

export function call(tool, given) {
  const path = oneLine(given.path ?? "");
  if (tool === "ask") return `asks ${oneLine(given.role ?? "").trim() || "a role"}: ${oneLine(given.question ?? "").trim().slice(0, MOST)}`;
  if (tool === "search_code") {
    const query = oneLine(given.query ?? "").trim().slice(0, MOST);
    return query ? `searches ${path || "the repository"} for ${query}` : "looks at the map of the repository";
  }
  if (tool === "bash") {
    const written = String(given.command ?? "").trim().split("\n");
    const more = written.length > 1 ? `  … ${plural(written.length - 1, "line")} more` : "";
    return `$ ${oneLine(written[0]).slice(0, MOST)}${more}`;
  }
  if (tool === "read_file") return `reads ${path}`;
  if (tool === "write_file") return `writes ${path}`;
  if (tool === "str_replace") return `edits ${path}`;
  return `calls ${oneLine(tool) || "a tool"}`;
}

export function doing(tool, given) {
  if (tool === "submit") return "submitting";
  if (!(tool in TOOLS)) return `calling ${oneLine(tool)}`;
  const what = oneLine(String(given[SUBJECTS[tool] ?? "path"] ?? "").trim().split("\n")[0]);
  return `${TOOLS[tool]} ${what}`.slice(0, MOST).trimEnd();
}

export const phase = (name) => PHASES[name] ?? oneLine(name ?? "");

export function failedCall(tool, given, first) {
  const verb = FAILED[tool] ?? `call ${oneLine(tool)}`;
  const what = `could not ${verb} ${oneLine(given.path ?? "")}`.trimEnd();
  return first ? `${what}: ${oneLine(first)}` : what;
}

export function endedCommand(done) {
  const reasons = { timeout: "timed out", waiting: "waited for input" };
  const code = done.exit_code;
  const how = Number.isInteger(code) ? `exit ${code}` : reasons[done.reason] ?? oneLine(done.reason ?? "ended");
  return `${how}, ${duration(done.seconds)}`;
}

export function check(data) {
  const failures = whole(data.failed);
  let how = "failed";
  if (data.exit_code === 0) how = failures ? `exit 0, ${plural(failures, "test")} failed` : "passed";
  const tree = { base: " on the base", restored: " with the base's tests and settings" }[data.on] ?? "";
  return `${oneLine(data.name ?? "check")}${data.hidden === true ? " (hidden)" : ""}${tree} ${how}`;
}

export function end(data) {
  const [outcome, reason, summary, fault] = ["outcome", "reason", "summary", "fault"].map((name) => String(data[name] ?? ""));
  if (outcome === "succeeded") return summary ? `submitted: ${summary}` : "submitted";
  if (outcome === "limit") return `stopped: ${reason || "a"} limit reached`;
  const said = [fault, reason].filter(Boolean).join(": ");
  return outcome.replaceAll("_", " ") + (said ? ` (${said})` : "");
}
