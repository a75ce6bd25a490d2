// Forms that need not leave the page: what the server answers is said on it. Without JavaScript they post, and the server redirects.

const SECONDS = 8; // that a good message stays

// Says something on the page; `kind` is good, look or bad.
export function say(text, kind = "good", hint = "") {
  const box = document.querySelector("#said");
  const notice = document.createElement("div");
  notice.className = `notice ${kind}`;
  const line = document.createElement("p");
  line.textContent = hint ? `${text} ${hint}` : text;
  notice.append(line, dismissal(notice));
  box.replaceChildren(notice);
  if (kind === "good") setTimeout(() => notice.remove(), SECONDS * 1000);
}

function dismissal(notice) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "quiet";
  button.textContent = "Dismiss";
  button.addEventListener("click", () => notice.remove());
  return button;
}

async function post(form, submitter) {
  const body = new URLSearchParams(new FormData(form, submitter));
  const headers = { Accept: "application/json" };
  const answer = await fetch(form.action, { method: "POST", body, headers }).catch(() => null);
  if (answer === null) return { bad: "The server does not answer.", hint: "Nothing was changed; try again in a moment." };
  const told = await answer.json().catch(() => ({}));
  if (answer.ok) return told;
  return { bad: told.detail || told.title || `The server refused it (${answer.status}).`, hint: told.hint || "" };
}

export function quietForms() {
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("form[data-quiet]")) return;
    event.preventDefault();
    const button = event.submitter;
    if (button) button.disabled = true;
    const told = await post(form, button);
    if (button) button.disabled = false;
    if (told.bad) return say(told.bad, "bad", told.hint);
    if (told.location) return location.assign(told.location);
    say(told.said);
    form.reset();
    const details = form.closest("details");
    if (details) details.open = false;
  });
}

export function copyButtons(root = document) {
  for (const button of root.querySelectorAll("button[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const text = button.parentElement.querySelector("code").textContent;
      const done = await navigator.clipboard?.writeText(text).then(() => true, () => false);
      button.textContent = done ? "Copied" : "Press Ctrl+C";
      if (!done) getSelection().selectAllChildren(button.parentElement.querySelector("code"));
      setTimeout(() => (button.textContent = "Copy"), 2000);
    });
  }
}
