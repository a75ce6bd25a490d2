// What one agent said and did, folded from its events into entries, in bounded memory. It knows nothing of the page.
// The terminal's panes fold the same way: aideator_cli/views/course.

import { clean, oneLine } from "./clean.js";
import * as words from "./words.js";

const ENTRIES = 2000; // that are kept
const TEXT = 64 * 1024; // characters of one entry's text: its end
const LINE = 4096; // characters of one line: its beginning
const SPEECH = 8 * 1024; // characters of the model's words in one entry; then another one begins
const CALLS = 64; // that are waited for at a time
const PARTS = 1024 * 1024; // characters of one call's arguments

// Cleaned lines as they arrive. Keeps the last ones if there are very many.
class Text {
  lines = [];
  gone = 0; // lines that stood before those that are kept
  #characters = 0;
  #open = false;

  get count() {
    return this.gone + this.lines.length;
  }

  get characters() {
    return this.#characters;
  }

  add(text) {
    const parts = clean(text).split("\n");
    for (const [at, part] of parts.entries()) {
      if (at === 0 && this.#open) this.#extend(part);
      else if (at < parts.length - 1 || part) this.#append(part);
    }
    this.#open = parts.at(-1) !== "" || (parts.length === 1 && this.#open);
    while (this.#characters > TEXT && this.lines.length > 1) {
      this.#characters -= this.lines.shift().length;
      this.gone += 1;
    }
  }

  #append(line) {
    const kept = line.slice(0, LINE);
    this.lines.push(kept);
    this.#characters += kept.length;
  }

  #extend(more) {
    const last = this.lines.at(-1);
    const joined = last.endsWith("\u240d") && !more ? last.slice(0, -1) : (last + more).slice(0, LINE);
    this.lines[this.lines.length - 1] = joined;
    this.#characters += joined.length - last.length;
  }
}

export class Story {
  state = "waiting"; // or working, ended
  doing = "nothing is known yet";
  step = 0;
  cost = 0; // USD; null: some part is unknown
  before = 0; // the part of it that lost attempts have cost from which this one goes on
  changes = null; // [files, additions, deletions]
  checks = []; // on the patch: {name, failed}
  outcome = "";
  status = ""; // the server's word for how it ended
  began = ""; // RFC 3339
  last = "";
  seconds = null;
  stopping = false;
  settled = false; // the server has told its result
  hasWork = false; // a patch or an answer
  version = 0;
  entries = [];
  gone = 0; // entries that stood before those that are kept
  seen = 0; // events
  #attempts = new Set();
  #attempt = null;
  #count = 0;
  #speech = null;
  #calls = new Map(); // id -> {entry, tool, given}
  #parts = new Map();

  event(item) {
    if (!this.#attempts.has(item.attempt)) this.#begin(item.attempt);
    this.version += 1;
    this.seen += 1;
    if (item.line !== undefined) return this.#join("stray", this.last, `${item.line}\n`);
    const data = item.event;
    this.last = String(data.time ?? "");
    this.began ||= this.last;
    if (this.state === "waiting") [this.state, this.doing] = ["working", "starting"];
    if (Number.isInteger(data.step)) this.step = Math.max(this.step, data.step);
    (KINDS.get(data.type) ?? KINDS.get("other"))(this, data);
  }

  observe(seen) {
    this.version += 1;
    const late = this.#attempts.has(seen.attempt) && (seen.attempt !== this.#attempt || this.state !== "waiting");
    if (seen.observed in words.WAITING && !late) {
      this.state = "waiting";
      this.doing = words.WAITING[seen.observed];
    }
    if (seen.observed === "cancel_asked" && this.state !== "ended") this.stopping = true;
    if (words.TOLD_BY_EVENTS.has(seen.observed)) return;
    const name = oneLine(String(seen.observed ?? "").replaceAll("_", " "));
    this.#add(seen.observed === "gap" ? "gap" : "seen", seen.time, `${name}: ${oneLine(seen.text ?? "")}`, seen.observed === "gap");
  }

  // The variation's last result, as docs/json.md has it.
  settle(result) {
    this.version += 1;
    this.status = oneLine(result.status ?? "");
    this.outcome = String(result.outcome ?? "");
    if (this.outcome === "running") return;
    this.settled = true;
    this.hasWork = Boolean(result.patch_sha256 ? result.files : result.answer_sha256);
    if (this.state !== "ended" && result.reason) this.#add("end", this.last, `${this.status}: ${oneLine(result.summary || result.reason)}`, true);
    this.cost = result.cost;
    this.step = words.whole(result.steps) || this.step;
    if (result.files) this.changes = [result.files, words.whole(result.additions), words.whole(result.deletions)];
    this.seconds = result.seconds;
    this.#end(this.status);
  }

  #begin(attempt) {
    this.#attempts.add(attempt);
    if (this.#attempt !== null) this.#add("attempt", this.last, `attempt ${this.#attempts.size}`);
    this.#attempt = attempt;
    Object.assign(this, {
      state: "waiting", doing: "starting", step: 0, cost: 0, before: 0, changes: null, checks: [], outcome: "", status: "",
      began: "", seconds: null, stopping: false, settled: false,
      hasWork: false,
    });
    this.#speech = null;
    this.#calls.clear();
    this.#parts.clear();
  }

  #end(doing) {
    Object.assign(this, { state: "ended", doing, stopping: false });
    for (const { entry } of this.#calls.values()) {
      entry.running = false;
      entry.version = this.version;
    }
    this.#calls.clear();
  }

  #add(kind, time, line, failed = false) {
    const entry = {
      number: this.#count, kind, time: String(time ?? ""), words: clean(line ?? "").slice(0, LINE).replaceAll("\n", " "),
      text: new Text(), failed, running: false, ended: "", edit: null, version: this.version,
    };
    this.#count += 1;
    this.entries.push(entry);
    if (this.entries.length > ENTRIES * 1.1) {
      const left = this.entries.length - ENTRIES;
      this.entries.splice(0, left);
      this.gone += left;
    }
    return entry;
  }

  #extend(entry, text) {
    entry.text.add(text);
    entry.version = this.version;
  }

  #join(kind, time, text) {
    const last = this.entries.at(-1);
    const joins = last?.kind === kind && !last.words && last.text.characters < SPEECH;
    this.#extend(joins ? last : this.#add(kind, time, ""), text);
  }

  #speak(kind, data) {
    const text = String(data.text ?? "");
    this.doing = kind === "say" ? "answering" : "thinking";
    if (this.#speech?.kind !== kind || this.#speech.text.characters > SPEECH) {
      if (!text.trim()) return;
      this.#speech = this.#add(kind, data.time, "");
      return this.#extend(this.#speech, text.replace(/^\n+/, ""));
    }
    this.#extend(this.#speech, text);
  }

  #call(data) {
    this.#speech = null;
    const id = String(data.id);
    let given = data.arguments;
    if (given === undefined || given === null) {
      const text = ((this.#parts.get(id) ?? "") + String(data.text ?? "")).slice(0, PARTS);
      this.#parts.set(id, text);
      shrink(this.#parts);
      if (data.part !== data.parts) return;
      this.#parts.delete(id);
      given = parsed(text);
    }
    if (typeof given !== "object" || given === null || Array.isArray(given)) given = {};
    const tool = String(data.tool ?? "");
    this.doing = words.doing(tool, given);
    if (tool === "submit") return;
    const entry = this.#add("call", data.time, words.call(tool, given));
    entry.running = true;
    entry.edit = edit(tool, given);
    this.#calls.set(id, { entry, tool, given });
    shrink(this.#calls);
  }

  #output(data) {
    const found = this.#calls.get(String(data.id));
    if (found) this.#extend(found.entry, String(data.text ?? ""));
    else this.#join("other", data.time, String(data.text ?? ""));
  }

  #done(data) {
    this.doing = "asking the model";
    const found = this.#calls.get(String(data.id));
    if (!found) return;
    this.#calls.delete(String(data.id));
    const { entry, tool, given } = found;
    Object.assign(entry, { running: false, failed: data.exit_code !== 0, version: this.version });
    if (tool === "bash") entry.ended = words.endedCommand(data);
    else if (tool === "ask" && !entry.failed) entry.ended = `${data.by === "user" ? "you" : oneLine(data.by ?? "")} answered`;
    else if (entry.failed) {
      entry.words = words.failedCall(tool, given, entry.text.lines[0]);
      entry.edit = null;
    }
  }

  static kinds() {
    const nothing = () => {};
    const turn = (story) => (story.#speech = null);
    return new Map([
      ["say", (story, data) => story.#speak("say", data)],
      ["think", (story, data) => story.#speak("think", data)],
      ["call", (story, data) => story.#call(data)],
      ["output", (story, data) => story.#output(data)],
      ["done", (story, data) => story.#done(data)],
      ["usage", (story, data) => {
        turn(story);
        story.cost = story.cost === null || typeof data.cost !== "number" ? null : story.cost + data.cost;
      }],
      ["changes", (story, data) => (story.changes = [data.files, data.additions, data.deletions].map(words.whole))],
      ["phase", (story, data) => data.state === "begin" && (story.doing = words.phase(data.name))],
      ["told", (story, data) => {
        if ((data.part ?? 1) !== 1) return story.#join("told", data.time, String(data.text ?? ""));
        turn(story);
        story.#extend(story.#add("told", data.time, ""), String(data.text ?? ""));
      }],
      ["notice", (story, data) => {
        if (data.level === "debug") return;
        turn(story);
        const [first, ...rest] = String(data.text ?? "").split("\n");
        const entry = story.#add("notice", data.time, `${oneLine(data.level ?? "notice")}: ${first}`, data.level === "error");
        if (rest.length) story.#extend(entry, rest.join("\n"));
      }],
      ["patch", (story, data) => {
        if (!("sha256" in data) || !data.files) return;
        story.changes = [data.files, data.additions, data.deletions].map(words.whole);
        const told = words.changes(story.changes[1], story.changes[2]);
        story.#add("patch", data.time, `patch: ${words.plural(story.changes[0], "file")}  ${told}`);
        for (const each of Array.isArray(data.signals) ? data.signals : []) {
          const place = each.path ? ` ${oneLine(each.path)}${Number.isInteger(each.line) ? `:${each.line}` : ""}` : "";
          const line = `${oneLine(each.severity ?? "")}: ${oneLine(String(each.name ?? "").replaceAll("_", " "))}${place}`;
          story.#add("signal", data.time, line, each.severity === "cheat");
        }
      }],
      ["answer", (story, data) => story.#join("answer", data.time, String(data.text ?? ""))],
      ["check", (story, data) => {
        const onBase = data.on === "base"; // there it may well fail
        const failed = (data.exit_code !== 0 || words.whole(data.failed) > 0) && !onBase;
        const entry = story.#add(onBase ? "base" : "check", data.time, words.check(data), failed);
        entry.ended = words.duration(data.seconds);
        if (data.tail) story.#extend(entry, String(data.tail).trimEnd());
        if (!onBase) story.checks.push({ name: oneLine(data.name ?? ""), failed });
      }],
      ["end", (story, data) => {
        const [first, ...rest] = words.end(data).split("\n");
        const entry = story.#add("end", data.time, first, data.outcome === "failed");
        if (rest.length) story.#extend(entry, rest.join("\n"));
        story.outcome = String(data.outcome ?? "");
        const { steps, cost, seconds } = data.totals ?? {};
        story.step = words.whole(steps) || story.step;
        if (cost !== undefined) story.cost = cost === null || story.before === null ? null : cost + story.before;
        if (typeof seconds === "number") story.seconds = seconds;
        story.#end(story.outcome.replaceAll("_", " "));
      }],
      ["start", nothing],
      ["beat", nothing],
      ["checkpoint", nothing],
      ["resumed", (story, data) => {
        story.step = Math.max(story.step, words.whole(data.step));
        story.before = typeof data.cost === "number" ? data.cost : null;
        story.cost = story.cost === null || story.before === null ? null : story.cost + story.before;
        const talk = data.messages ? " and its conversation" : "";
        story.#add("attempt", data.time, `goes on after step ${words.whole(data.step)} of the attempt that was lost, with its changes${talk}`);
      }],
      ["cross", nothing],
      ["sent", turn],
      ["other", (story, data) => {
        const { v, seq, time, type, ...rest } = data;
        story.#add("other", time, `${oneLine(type ?? "")}: ${JSON.stringify(rest)}`);
      }],
    ]);
  }
}

const KINDS = Story.kinds();

function shrink(map) {
  while (map.size > CALLS) map.delete(map.keys().next().value);
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

// What an edit takes away and puts in its place: [old lines, new lines], cleaned.
function edit(tool, given) {
  const cleaned = (text) => words.lines(clean(String(text ?? "").slice(0, TEXT)));
  if (tool === "str_replace") return [cleaned(given.old), cleaned(given.new)];
  return tool === "write_file" ? [[], cleaned(given.content)] : null;
}
