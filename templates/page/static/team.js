// The screen of a team: its stream says that something has changed, and the server's own parts replace those that did.

import { say } from "./forms.js";
import { onKey } from "./keys.js";
import { showTimes } from "./times.js";

const PAUSE = 300; // milliseconds in which more news may come
const OLDEST = 15000; // milliseconds after which times of agents at work are looked at again
const AGAIN = 3000; // milliseconds after which a stream that was refused is tried again

export function startTeam(root) {
  let timer = 0;
  let after = Promise.resolve();
  const news = () => {
    timer ||= setTimeout(() => {
      timer = 0;
      after = after.then(() => refresh(root));
    }, PAUSE);
  };
  if (root.dataset.over !== "true") {
    listen(root, news);
    setInterval(() => root.dataset.over !== "true" && !document.hidden && news(), OLDEST);
  }
  keys(root);
}

function listen(root, news) {
  const stream = new EventSource(root.dataset.events);
  const notice = root.querySelector("#connection");
  let over = false;
  stream.addEventListener("team", (message) => {
    over = JSON.parse(message.data).state !== "running";
    news();
  });
  stream.addEventListener("team_message", news);
  stream.addEventListener("problem", (message) => {
    stream.close();
    say(JSON.parse(message.data).detail, "look");
  });
  stream.addEventListener("open", () => {
    if (!notice.hidden) document.dispatchEvent(new Event("aideator:reconnected"));
    notice.hidden = true;
  });
  stream.addEventListener("error", () => {
    if (over) return stream.close();
    notice.hidden = false;
    notice.querySelector("p").textContent = "The connection is lost. The team goes on; this page does as soon as the server answers.";
    if (stream.readyState === EventSource.CLOSED) setTimeout(() => listen(root, news), AGAIN);
  });
}

async function refresh(root) {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
  if (answer?.status === 401) return say("Your login has ended.", "look", "Reload the page to log in again.");
  if (!answer?.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("#team");
  if (!fresh) return location.reload();
  for (const part of fresh.querySelectorAll("[data-part]")) replace(root.querySelector(`[data-part=${part.dataset.part}]`), document.adoptNode(part));
  root.dataset.over = fresh.dataset.over;
  document.title = page.title;
  document.querySelector("link[rel=icon]").href = page.querySelector("link[rel=icon]").href;
}

// What somebody types into a part, or has the focus on, stays.
function replace(old, part) {
  showTimes(part);
  if (!old || old.textContent === part.textContent) return;
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  if (focused?.matches("input, textarea") && focused.value) return;
  const same = focused && (focused.id ? `#${CSS.escape(focused.id)}` : focused.getAttribute("href") ? `a[href="${CSS.escape(focused.getAttribute("href"))}"]` : null);
  old.replaceWith(part);
  if (same) part.querySelector(same)?.focus();
}

function keys(root) {
  const go = (step) => {
    const all = [...root.querySelectorAll("a.step")];
    const from = all.indexOf(document.activeElement);
    all[Math.min(all.length - 1, Math.max(0, from + step))]?.focus();
  };
  onKey("j", () => go(1));
  onKey("k", () => go(-1));
  onKey("t", () => {
    const field = root.querySelector(".answer-form input[name=text]");
    if (field) field.focus();
    else root.querySelector(".talk-room").scrollIntoView();
  });
}
