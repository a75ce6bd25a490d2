// The comparison: a press on a line's number opens the comment for it.

import { onKey } from "./keys.js";

const LOOK = 2000; // milliseconds between two looks at a judge

export function startCompare(root) {
  const judge = root.querySelector("[data-judge]");
  if (judge) setTimeout(followJudge, LOOK, judge);
  for (const at of root.querySelectorAll(".lines .at[data-line]")) at.replaceWith(button(at));
  const files = () => [...root.querySelectorAll(".file > summary")];
  const go = (step) => {
    const all = files();
    const from = all.indexOf(document.activeElement);
    const next = all[Math.min(all.length - 1, Math.max(0, from + step))];
    next?.focus();
    next?.scrollIntoView({ block: "nearest" });
  };
  onKey("j", () => go(1));
  onKey("k", () => go(-1));
  onKey("s", () => root.querySelector("form.select button")?.focus());
  onKey("d", () => root.querySelector(".file")?.scrollIntoView());
}

function button(at) {
  const pressed = document.createElement("button");
  pressed.type = "button";
  pressed.className = "at";
  pressed.textContent = at.textContent;
  pressed.setAttribute("aria-label", `Comment on line ${at.dataset.line}`);
  pressed.tabIndex = -1; // the form below the file takes the line's number from the keyboard
  pressed.addEventListener("click", () => {
    const remark = pressed.closest(".side").querySelector("details.remark");
    if (!remark) return;
    remark.open = true;
    remark.querySelector("input[name=line]").value = at.dataset.line;
    remark.querySelector("textarea").focus();
  });
  return pressed;
}

// Counts a judge's answers, and shows the page anew when it has ended.
async function followJudge(notice) {
  const answer = await fetch(notice.dataset.judge, { cache: "no-store" }).catch(() => null);
  const told = answer?.ok ? await answer.json() : null;
  if (told && told.state !== "working") return location.replace(location.pathname); // without what was said of its beginning
  if (told) notice.querySelector(".answered").textContent = told.answered;
  setTimeout(followJudge, LOOK, notice);
}
