// Single keys, as in the terminal's panes. They do nothing while somebody types, or with Ctrl, Alt or Meta.

const keys = new Map();

export function onKey(key, action) {
  keys.set(key, action);
}

function typing(target) {
  return target.closest?.("input, textarea, select, [contenteditable]") !== null;
}

function pressing(target, key) {
  return (key === "Enter" || key === " ") && target.closest?.("a, button, summary") !== null;
}

export function listen() {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
    if (event.key === "Escape" && typing(event.target)) return event.target.blur();
    if (typing(event.target) || pressing(event.target, event.key) || document.querySelector("dialog[open]")) return;
    const action = keys.get(event.key);
    if (!action) return;
    event.preventDefault();
    action();
  });
  const help = document.querySelector("#help");
  onKey("?", () => help?.showModal());
  for (const button of document.querySelectorAll("[data-help]")) {
    button.hidden = false;
    button.addEventListener("click", () => help?.showModal());
  }
}
