// Begins what the screen has.

import { copyButtons, quietForms, say } from "./forms.js";
import { listen } from "./keys.js";
import { showTimes } from "./times.js";

const LOOK = 60000; // milliseconds between two looks whether the server has another page by now

listen();
quietForms();
copyButtons();
showTimes();
setInterval(showTimes, 20000);

const run = document.querySelector("#run");
if (run) (await import("./run.js")).startRun(run);
const list = document.querySelector("#runs");
if (list) (await import("./list.js")).startList(list);
const team = document.querySelector("#team");
if (team) (await import("./team.js")).startTeam(team);
const anew = document.querySelector("#new-run");
if (anew) (await import("./new.js")).startNew(anew);
const compare = document.querySelector("#compare");
if (compare) (await import("./compare.js")).startCompare(compare);
document.documentElement.classList.add("scripted");

// After an upgrade of the server an old page may not understand it.
async function lookForUpgrade() {
  const { edition, editionUrl } = document.body.dataset;
  const answer = await fetch(editionUrl, { cache: "no-store" }).catch(() => null);
  if (!answer?.ok) return;
  const now = await answer.json();
  if (now.edition === edition) return;
  document.querySelector("#upgrade").hidden = false;
  document.querySelector("#upgrade .version").textContent = now.version;
}

setInterval(lookForUpgrade, LOOK);
document.addEventListener("visibilitychange", () => document.hidden || lookForUpgrade());
document.addEventListener("aideator:reconnected", lookForUpgrade);
window.addEventListener("unhandledrejection", (event) => say("Something on this page failed. Reload it; the agents go on.", "bad", String(event.reason ?? "")));
