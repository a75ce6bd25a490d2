// The list of runs stays true while agents are at work: the server's own list is fetched again, and rows that changed are replaced.

import { say } from "./forms.js";
import { onKey } from "./keys.js";
import { showTimes } from "./times.js";

const LIVE = 3000; // milliseconds between two looks while a run is at work
const IDLE = 20000;

export function startList(root) {
  const links = () => [...root.querySelectorAll("a.run")];
  const go = (step) => {
    const all = links();
    const from = all.indexOf(document.activeElement);
    all[Math.min(all.length - 1, Math.max(0, from + step))]?.focus();
  };
  onKey("j", () => go(1));
  onKey("k", () => go(-1));
  onKey("n", () => document.querySelector("a.new")?.click());
  onKey("/", () => document.querySelector("input[type=search]")?.focus());
  const look = async () => {
    if (!document.hidden) await refresh(root);
    setTimeout(look, root.querySelector(".live") ? LIVE : IDLE);
  };
  setTimeout(look, LIVE);
}

async function refresh(root) {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
  if (answer?.status === 401) return say("Your login has ended.", "look", "Reload the page to log in again.");
  if (!answer?.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("#runs");
  if (!fresh) return location.reload();
  const known = new Map([...root.querySelectorAll("tr[id]")].map((row) => [row.id, row]));
  const rows = [...fresh.querySelectorAll("tr[id]")].map((row) => document.adoptNode(row));
  rows.forEach((row) => showTimes(row));
  const same = rows.map((row) => row.id).join() === [...known.keys()].join();
  if (!same) return replaceAll(root, rows);
  for (const row of rows) {
    const old = known.get(row.id);
    if (old.textContent === row.textContent) continue;
    const focused = old.contains(document.activeElement);
    old.replaceWith(row);
    if (focused) row.querySelector("a.run")?.focus();
  }
}

function replaceAll(root, rows) {
  const focused = document.activeElement.closest?.("tr[id]")?.id;
  root.querySelector("tbody").replaceChildren(...rows);
  if (focused) document.getElementById(focused)?.querySelector("a.run")?.focus();
}
