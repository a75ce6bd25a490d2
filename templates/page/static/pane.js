// One agent's stream: draws a story's entries into a list that stays short, follows its end until the reader scrolls up.

import { difference, hunks } from "./edits.js";
import { changes, plural } from "./words.js";

const SHOWN = 200; // entries in the page while it follows
const SHOWN_OF_MANY = 40; // beside many other panes
const MORE = 200; // that a press on "earlier" adds
const UNREAD = 400; // new ones that are drawn below while the reader is elsewhere
const FOLDED = 5; // lines
const UNFOLDED = 1000; // lines of one entry
const PAUSE = 120; // milliseconds between two drawings of one of many panes

export class Pane {
  // `many`: it is one of many on the page, so it is drawn more rarely, and holds less.
  constructor(element, story, many) {
    this.#usual = this.#shown = many ? SHOWN_OF_MANY : SHOWN;
    this.#pause = many ? PAUSE : 0;
    this.element = element;
    this.story = story;
    this.visible = true;
    this.following = true;
    this.drawn = -1; // the story's version that is on the page
    this.told = 0; // the one that its head and foot show
    this.#list = element.querySelector(".entries");
    this.#box = element.querySelector(".stream");
    this.#below = element.querySelector(".below");
    this.#above = element.querySelector(".above");
    this.#box.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.#below.addEventListener("click", () => this.follow());
    this.#above.querySelector("button").addEventListener("click", () => this.#earlier());
  }

  #list;
  #box;
  #below;
  #above;
  #nodes = new Map(); // entry -> {node, version}
  #usual;
  #shown;
  #pause;
  #drawnAt = 0;
  #unfolded = new Set();
  #read = 0; // the number after the newest entry that was there when the reader left the end
  #top = 0;

  get box() {
    return this.#box;
  }

  stale(now) {
    return this.visible && this.drawn !== this.story.version && now - this.#drawnAt >= this.#pause;
  }

  // Brings the list up to date. Returns whether its end has to be scrolled to.
  draw() {
    const { story } = this;
    this.drawn = story.version;
    this.#drawnAt = performance.now();
    const newest = (story.entries.at(-1)?.number ?? -1) + 1;
    const first = this.following ? Math.max(0, newest - this.#shown) : this.#firstDrawn();
    const upto = this.following ? newest : Math.min(newest, this.#read + UNREAD);
    this.#forget(first, upto);
    for (const entry of this.#between(first, upto)) {
      const known = this.#nodes.get(entry);
      if (!known) {
        const node = this.#node(entry);
        this.#nodes.set(entry, { node, version: entry.version });
        this.#list.append(node);
      } else if (known.version !== entry.version) {
        const node = this.#node(entry);
        known.node.replaceWith(node);
        this.#nodes.set(entry, { node, version: entry.version });
      }
    }
    this.#tell(first, newest);
    return this.following;
  }

  end() {
    this.#box.scrollTop = this.#box.scrollHeight;
    this.#top = this.#box.scrollTop;
  }

  follow() {
    this.following = true;
    this.#shown = this.#usual;
    if (this.draw()) this.end();
  }

  // The kept entries with these numbers.
  #between(first, upto) {
    const { entries } = this.story;
    const oldest = entries[0]?.number ?? 0;
    return entries.slice(Math.max(0, first - oldest), Math.max(0, upto - oldest));
  }

  #firstDrawn() {
    return this.#nodes.keys().next().value?.number ?? 0;
  }

  #forget(first, upto) {
    const oldest = this.story.entries[0]?.number ?? 0;
    for (const [entry, { node }] of this.#nodes) {
      if (entry.number >= first && entry.number >= oldest && entry.number < upto) break;
      node.remove();
      this.#nodes.delete(entry);
      this.#unfolded.delete(entry);
    }
  }

  #tell(first, newest) {
    const unread = newest - this.#read;
    this.#below.hidden = this.following || unread <= 0;
    if (!this.#below.hidden) this.#below.textContent = `↓ ${unread.toLocaleString("en")} new`;
    const kept = Math.max(0, first - this.story.gone);
    const [button, note] = this.#above.children;
    button.hidden = kept === 0;
    button.textContent = `↑ ${plural(kept, "earlier entry").replace("entrys", "entries")}`;
    note.hidden = this.story.gone === 0 || kept > 0;
    this.#above.hidden = button.hidden && note.hidden;
  }

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.#box;
    const atEnd = scrollHeight - scrollTop - clientHeight < 16;
    if (atEnd && !this.following) this.follow();
    else if (!atEnd && this.following && scrollTop < this.#top) this.#leave();
    this.#top = scrollTop;
  }

  #leave() {
    this.following = false;
    this.#read = (this.story.entries.at(-1)?.number ?? -1) + 1;
  }

  #earlier() {
    if (this.following) this.#leave();
    const first = Math.max(this.story.gone, this.#firstDrawn() - MORE);
    this.#shown += MORE;
    const [before, height] = [this.#box.scrollTop, this.#box.scrollHeight];
    for (const { node } of this.#nodes.values()) node.remove();
    this.#nodes.clear();
    for (const entry of this.#between(first, this.#read + UNREAD)) {
      const node = this.#node(entry);
      this.#nodes.set(entry, { node, version: entry.version });
      this.#list.append(node);
    }
    this.#tell(first, (this.story.entries.at(-1)?.number ?? -1) + 1);
    this.#box.scrollTop = before + this.#box.scrollHeight - height;
    this.#top = this.#box.scrollTop;
  }

  #node(entry) {
    const node = made("li", `entry ${entry.kind}`);
    node.dataset.number = entry.number;
    if (entry.failed) node.classList.add("failed");
    if (entry.running) node.classList.add("running");
    if (entry.words) node.append(this.#line(entry));
    if (entry.edit) this.#lines(node, entry, diffed(entry.edit));
    else if (entry.text.count) this.#lines(node, entry, entry.text.lines);
    return node;
  }

  #line(entry) {
    const line = made("p", "words");
    line.append(made("span", "foreign", entry.words));
    if (entry.edit) {
      const found = diffed(entry.edit);
      const count = (sign) => found.filter(([each]) => each === sign).length;
      line.append(made("span", "ended", changes(count("+"), count("-"))));
    } else if (entry.ended) line.append(made("span", "ended", entry.ended));
    return line;
  }

  // Speech is shown whole. Output shows its last lines, an edit and thoughts their first ones.
  #lines(node, entry, all) {
    const whole = entry.kind === "say" || entry.kind === "told" || entry.kind === "answer";
    const open = whole || this.#unfolded.has(entry);
    const fromEnd = entry.kind === "call" && !entry.edit;
    const most = open ? UNFOLDED : FOLDED;
    const shown = all.length <= most ? all : fromEnd ? all.slice(-most) : all.slice(0, most);
    const pre = made("pre", entry.edit ? "text diff" : "text");
    if (entry.edit) {
      const names = { "+": "add", "-": "del", " ": "same" };
      pre.append(...shown.map(([sign, line]) => made("span", names[sign], `${sign} ${line}\n`)));
    } else pre.textContent = shown.join("\n");
    const left = (entry.edit ? all.length : entry.text.count) - shown.length;
    if (whole) {
      if (left > 0) node.append(made("p", "left", `… ${plural(left, "earlier line")}`));
      return node.append(pre);
    }
    if (left <= 0 && !this.#unfolded.has(entry)) return node.append(pre);
    const button = made("button", "quiet fold", this.#unfolded.has(entry) ? "fold" : `… ${plural(left, "line")} more`);
    button.type = "button";
    button.setAttribute("aria-expanded", String(this.#unfolded.has(entry)));
    button.addEventListener("click", () => this.#toggle(entry));
    node.append(...(fromEnd ? [button, pre] : [pre, button]));
  }

  #toggle(entry) {
    if (!this.#unfolded.delete(entry)) this.#unfolded.add(entry);
    const known = this.#nodes.get(entry);
    if (!known) return;
    const node = this.#node(entry);
    known.node.replaceWith(node);
    this.#nodes.set(entry, { node, version: entry.version });
    node.querySelector(".fold")?.focus();
    if (this.following) this.end();
  }
}

const diffs = new WeakMap();

function diffed(edit) {
  if (!diffs.has(edit)) diffs.set(edit, hunks(difference(...edit)));
  return diffs.get(edit);
}

export function made(tag, name = "", text = "") {
  const node = document.createElement(tag);
  if (name) node.className = name;
  if (text) node.textContent = text;
  return node;
}
