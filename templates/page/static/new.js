// A new run: rows are added and taken away, and the estimate is fetched, without leaving the page.

import { say } from "./forms.js";

export function startNew(form) {
  form.addEventListener("click", (event) => {
    const button = event.target.closest("button[name=row]");
    if (!button) return;
    const [verb, kind, at] = button.value.split("-");
    const rows = form.querySelector(`.rows.${kind}`);
    event.preventDefault();
    if (verb === "add") add(form, rows, kind);
    else rows.children[Number(at)]?.remove();
    number(rows);
  });
  form.querySelector("button[value=estimate]")?.addEventListener("click", (event) => {
    event.preventDefault();
    estimate(form, event.currentTarget);
  });
}

function add(form, rows, kind) {
  const row = form.querySelector(`template.${kind}`).content.cloneNode(true);
  rows.append(row);
  rows.lastElementChild.querySelector("input, select").focus();
}

// Names of fields end in their row's number.
function number(rows) {
  for (const [at, row] of [...rows.children].entries()) {
    for (const field of row.querySelectorAll("[name], [id], [for]")) {
      for (const attribute of ["name", "id", "for"]) {
        const value = field.getAttribute(attribute);
        if (value && value !== "row") field.setAttribute(attribute, value.replace(/-\d+$/, `-${at}`));
      }
      if (field.name === "row") field.value = field.value.replace(/-\d+$/, `-${at}`);
    }
  }
}

async function estimate(form, button) {
  const body = new URLSearchParams(new FormData(form, button));
  button.disabled = true;
  const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "text/html" } }).catch(() => null);
  button.disabled = false;
  if (!answer) return say("The server does not answer.", "bad", "Nothing was started; try again in a moment.");
  if (answer.status === 401) return say("Your login has ended.", "bad", "Log in in another tab, then reload this page; copy what you wrote first.");
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const told = fresh.querySelector("#estimate");
  if (told) form.querySelector("#estimate").replaceChildren(...[...told.childNodes].map((node) => document.adoptNode(node)));
  const wrong = fresh.querySelector("#wrong p") ?? (told ? null : fresh.querySelector("main .card p"));
  if (wrong) say(wrong.textContent, "bad");
}
