// The screen of a run: its streams side by side, as they happen.

import { oneLine } from "./clean.js";
import { say } from "./forms.js";
import { onKey } from "./keys.js";
import { Pane } from "./pane.js";
import { everyFrame, Source } from "./source.js";
import { Story } from "./story.js";
import * as words from "./words.js";

const DRAWING = 6; // milliseconds of a frame
const AT_ONCE = 3; // panes of a frame: what the browser does with them takes longer than what is done here
const MANY = 4; // panes; more are drawn more rarely
const SIGNS = { waiting: ["○", "waiting"], working: ["●", "at work"], stopping: ["◌", "stopping"] };

export function startRun(root) {
  const run = new Run(root);
  run.start();
  window.aideatorRun = run; // for tests and the curious
}

class Run {
  constructor(root) {
    this.root = root;
    const elements = [...root.querySelectorAll(".pane")];
    this.panes = elements.map((element) => new Pane(element, new Story(), elements.length > MANY));
    this.byNumber = new Map(this.panes.map((pane) => [Number(pane.element.dataset.number), pane]));
    this.created = Date.parse(root.dataset.created);
    this.over = root.dataset.over === "true";
    this.title = document.title.replace(/^\S+ · /, "");
  }

  start() {
    this.source = new Source(this.root.dataset.events, {
      take: (item) => this.#take(item),
      told: (state) => this.#connection(state),
      isOver: () => [...this.byNumber.values()].every(({ story }) => story.settled),
    });
    const looks = new IntersectionObserver((seen) => {
      for (const each of seen) this.#paneOf(each.target).visible = each.isIntersecting;
    });
    for (const pane of this.panes) looks.observe(pane.element);
    new ResizeObserver(() => this.panes.forEach((pane) => pane.following && pane.end())).observe(this.root);
    this.#tabs();
    this.#keys();
    for (const pane of this.panes) {
      pane.element.querySelector(".open").addEventListener("click", () => this.#open(pane));
    }
    everyFrame(() => this.#frame());
    setTimeout(() => this.#figures(), 250);
    setInterval(() => this.#figures(), 1000);
  }

  #take(item) {
    if (item.kind === "event") this.byNumber.get(item.variation)?.story.event(item);
    else if (item.kind === "result") {
      this.byNumber.get(item.variation)?.story.settle(item);
    } else if (item.kind === "observation") {
      if (item.variation !== null && item.variation !== undefined) this.byNumber.get(item.variation)?.story.observe(item);
      else this.#remark(item);
    }
  }

  // Draws what has changed, the pane that waited longest first, until the time of this frame is used up.
  #frame() {
    const now = performance.now();
    const until = now + DRAWING;
    const ends = [];
    for (let count = 0; count < this.panes.length && performance.now() < until; count += 1) {
      const pane = this.panes.shift();
      this.panes.push(pane);
      if (pane.told !== pane.story.version) this.#headOf(pane);
      if (ends.length < AT_ONCE && pane.stale(now) && pane.draw()) ends.push(pane);
    }
    for (const pane of ends) pane.end();
  }

  #headOf(pane) {
    const { element, story } = pane;
    pane.told = story.version;
    const [sign, told] = this.#signOf(story);
    set(element, ".state .sign", sign);
    set(element, ".state .told", told);
    set(element, ".step", story.step ? `step ${story.step}${element.dataset.steps ? `/${element.dataset.steps}` : ""}` : "");
    set(element, ".cost", story.cost ? words.cost(story.cost) : "");
    set(element, ".doing", story.state === "ended" ? "" : story.doing);
    set(element, ".changed", story.changes?.[0] ? words.changes(story.changes[1], story.changes[2]) : "");
    const checks = story.checks.map(({ name, failed }) => `${name} ${failed ? "failed ✗" : "passed ✓"}`);
    set(element, ".checked", checks.join(" · "));
    element.dataset.state = story.state;
    element.dataset.good = story.state === "ended" ? String(sign === "✓") : "";
    for (const tool of element.querySelectorAll("[data-while]")) {
      const fits = tool.dataset.while.split(" ").includes(story.state);
      tool.hidden = !fits || ("work" in tool.dataset && !story.hasWork);
    }
    this.#tabOf(element.dataset.number)?.querySelector(".sign").replaceChildren(sign);
  }

  #signOf(story) {
    if (story.state !== "ended") return SIGNS[story.stopping ? "stopping" : story.state];
    const failed = story.checks.some((check) => check.failed);
    const told = story.status || (story.outcome === "succeeded" && failed ? "failed checks" : story.outcome.replaceAll("_", " "));
    if (told === "succeeded") return ["✓", told];
    return [story.outcome === "failed" || story.outcome === "succeeded" ? "✗" : "–", told];
  }

  #figures() {
    const stories = [...this.byNumber.values()].map((pane) => pane.story);
    const states = stories.map((story) => story.state);
    const working = states.filter((state) => state === "working").length;
    const ended = states.filter((state) => state === "ended").length;
    const over = ended === stories.length;
    if (this.over && !over) return; // its first events are still to come
    const known = stories.filter((story) => typeof story.cost === "number");
    const sum = known.reduce((total, story) => total + story.cost, 0);
    set(document, ".spent", known.length < stories.length && sum ? `at least ${words.cost(sum)}` : words.cost(sum));
    if (!over) {
      set(document, ".took", words.duration(Math.max(0, (Date.now() - this.created) / 1000)));
      set(document, ".counts", counted({ "at work": working, waiting: stories.length - working - ended, ended }));
    } else if (!this.over) this.#end();
    const good = stories.filter((story) => this.#signOf(story)[0] === "✓").length;
    const sign = over ? (good ? "✓" : "✗") : working ? "●" : "○";
    document.title = `${sign} · ${this.title}`;
    icon(over ? (good ? "good" : "bad") : working ? "live" : "idle");
  }

  // The page is asked for once more: who passed, what comes next and the forms that fit are the server's words.
  async #end() {
    this.over = true;
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
    if (!answer?.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const name of ["#run-head", "#run-next"]) {
      const node = fresh.querySelector(name);
      if (node) document.querySelector(name)?.replaceWith(document.adoptNode(node));
    }
  }

  #connection(state) {
    const notice = document.querySelector("#connection");
    if (state === "open") document.dispatchEvent(new Event("aideator:reconnected"));
    notice.hidden = state === "open" || state === "over";
    if (state === "lost") set(notice, "p", "The connection to the server is lost. The agents go on; this page goes on where it stopped as soon as the server answers.");
    if (state === "refused") this.#refused(notice);
  }

  async #refused(notice) {
    const answer = await fetch(this.root.dataset.run, { headers: { Accept: "application/json" } }).catch(() => null);
    const told = {
      401: "Your login has ended. Reload the page to log in again; the agents go on.",
      403: "You may no longer see this run. Ask its owner, or whoever runs this server.",
      404: "This run was deleted. The list of runs shows what is there.",
      429: "The server has too many open pages. It is tried again in a few seconds; the agents go on.",
      503: "The server can't reach its database. It is tried again in a few seconds; the agents go on.",
    }[answer?.status];
    set(notice, "p", told ?? "The server does not send the events of this run. It is tried again in a few seconds; the agents go on.");
  }

  #remark(item) {
    if (item.observed === "connection_lost") say(`The cluster does not answer: ${oneLine(item.text ?? "")}`, "look");
    if (item.observed === "connection_back") say("The cluster answers again.", "good");
  }

  #paneOf(element) {
    return this.byNumber.get(Number(element.dataset.number));
  }

  // Tabs, on a narrow screen

  #tabOf(number) {
    return this.root.querySelector(`[role=tab][data-number="${number}"]`);
  }

  #tabs() {
    const tabs = [...this.root.querySelectorAll("[role=tab]")];
    const show = (tab) => {
      for (const each of tabs) {
        const chosen = each === tab;
        each.setAttribute("aria-selected", String(chosen));
        each.tabIndex = chosen ? 0 : -1;
        this.byNumber.get(Number(each.dataset.number)).element.classList.toggle("shown", chosen);
      }
    };
    for (const [at, tab] of tabs.entries()) {
      tab.addEventListener("click", () => show(tab));
      tab.addEventListener("keydown", (event) => {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (!step) return;
        const next = tabs[(at + step + tabs.length) % tabs.length];
        show(next);
        next.focus();
      });
    }
    this.show = (number) => tabs.length && show(this.#tabOf(number));
  }

  // Keys: j and k go from stream to stream, Enter opens one

  #keys() {
    const order = [...this.byNumber.values()];
    const at = () => order.findIndex((pane) => pane.element.contains(document.activeElement));
    const go = (step) => {
      const from = at();
      const to = from < 0 ? (step > 0 ? 0 : order.length - 1) : Math.min(order.length - 1, Math.max(0, from + step));
      this.show(Number(order[to].element.dataset.number));
      order[to].box.focus();
      order[to].element.scrollIntoView({ block: "nearest" });
    };
    onKey("j", () => go(1));
    onKey("k", () => go(-1));
    onKey("Enter", () => at() >= 0 && this.#open(order[at()]));
    onKey("Escape", () => this.#close());
    onKey("End", () => at() >= 0 && order[at()].follow());
    onKey("d", () => at() >= 0 && order[at()].element.querySelector("a.diff")?.click());
    onKey("s", () => at() >= 0 && order[at()].element.querySelector("form.select:not([hidden]) button")?.click());
    onKey("t", () => at() >= 0 && this.#tell(order[at()]));
  }

  #tell(pane) {
    const details = pane.element.querySelector("details.tell");
    if (!details || details.hidden) return;
    details.open = true;
    details.querySelector("textarea").focus();
  }

  #open(pane) {
    const opened = !pane.element.classList.contains("whole");
    this.#close();
    if (!opened) return;
    this.root.classList.add("one");
    pane.element.classList.add("whole");
    label(pane, true);
    if (pane.following) pane.end();
  }

  #close() {
    const open = this.root.querySelector(".pane.whole");
    if (!open) return;
    this.root.classList.remove("one");
    open.classList.remove("whole");
    label(this.#paneOf(open), false);
    open.scrollIntoView({ block: "nearest" });
    for (const pane of this.panes) if (pane.following) pane.end();
  }
}

function label(pane, open) {
  pane.element.querySelector(".open").setAttribute("aria-expanded", String(open));
}

function counted(counts) {
  return Object.entries(counts).filter(([, count]) => count).map(([word, count]) => `${count} ${word}`).join(", ");
}

function set(root, selector, text) {
  const node = root.querySelector(selector);
  if (node && node.textContent !== text) node.textContent = text;
}

function icon(name) {
  const link = document.querySelector("link[rel=icon]");
  const href = link.href.replace(/[a-z]+\.svg$/, `${name}.svg`);
  if (link.href !== href) link.href = href;
}
