// Keys for the staff: whatever carries data-key is pressed by that key, unless somebody is typing. A key that is no
// letter of the present layout counts by its place, so that they work while Hangul is being typed, too.
const OFF = "rewards-keys-off";
const areOff = () => localStorage.getItem(OFF) === "1";
const isTyping = (target) => target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
const keyOf = (event) => {
  if (event.key.length === 1 && event.key.charCodeAt(0) < 128) return event.shiftKey && /[A-Z]/.test(event.key) ? "" : event.key.toLowerCase();
  if (/^Key[A-Z]$/.test(event.code) && !event.shiftKey) return event.code.slice(3).toLowerCase();
  return event.key;
};

const press = (wanted) => {
  const doing = wanted.matches("summary") && wanted.parentElement;
  if (doing && doing.querySelector("form")) {
    // What has to be filled in first is opened, never shut by the same key.
    doing.open = true;
    doing.querySelector("input:not([type=hidden]), textarea, select")?.focus();
    return;
  }
  wanted.focus();
  if (!wanted.matches("input, textarea, select")) wanted.click();
};

const leave = (target) => {
  const doing = target.closest("details[open]");
  target.blur();
  if (!doing) return;
  doing.open = false;
  doing.querySelector("summary").focus();
};

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  const { target } = event;
  if (event.key === "Escape") {
    if (isTyping(target) || target.closest("details[open]")) leave(target);
    return;
  }
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing && target.matches("[data-enter-sends], [data-enter-sends] *, input[type=radio]") && target.form) {
    event.preventDefault();
    target.form.requestSubmit();
    return;
  }
  if (event.repeat || isTyping(target) || areOff()) return;
  const key = keyOf(event);
  const wanted = key && [...document.querySelectorAll("[data-key]")].find((one) => one.dataset.key === key && one.checkVisibility());
  if (!wanted) return;
  event.preventDefault();
  press(wanted);
});

// Single keys can be switched off, for those who speak to their computer.
const show = () => {
  for (const button of document.querySelectorAll("[data-keys-switch]")) {
    button.hidden = false;
    button.setAttribute("aria-pressed", String(!areOff()));
  }
};
document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-keys-switch]")) return;
  localStorage.setItem(OFF, areOff() ? "0" : "1");
  show();
});
document.addEventListener("htmx:afterSwap", show);
show();
