// The queue without a mouse: up and down in the list, ticks, and what was done read aloud after a step in place.
const rows = () => [...document.querySelectorAll(".queue-list a.row")];
const isTypingHere = (target) => target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select");
const stands = () => {
  const all = rows();
  const focused = all.indexOf(document.activeElement.closest?.("tr")?.querySelector("a.row"));
  return focused >= 0 ? focused : all.findIndex((row) => row.getAttribute("aria-current"));
};
const letterOf = (event) => (/^Key[A-Z]$/.test(event.code) ? event.code.slice(3).toLowerCase() : event.key);

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || isTypingHere(event.target)) return;
  if (localStorage.getItem("rewards-keys-off") === "1") return;
  const all = rows();
  const letter = letterOf(event);
  if (!all.length || !["j", "k", "o", "x"].includes(letter)) return;
  event.preventDefault();
  const at = stands();
  if (letter === "o") all[Math.max(at, 0)].click();
  else if (letter === "x") all[Math.max(at, 0)].closest("tr").querySelector("input[type=checkbox]")?.click();
  else {
    const to = document.activeElement.matches(".queue-list a.row, .queue-list input") ? at + (letter === "j" ? 1 : -1) : Math.max(at, 0);
    all[Math.min(Math.max(to, 0), all.length - 1)].focus();
  }
});

const spoken = document.createElement("div");
spoken.className = "unseen";
spoken.setAttribute("role", "status");
document.body.append(spoken);
document.addEventListener("htmx:afterSettle", () => {
  const notices = [...document.querySelectorAll("main .notice, main .lines h2, main .wrong-says")];
  spoken.textContent = notices.map((notice) => notice.textContent.trim()).join(" ");
  // Whoever has searched goes on in what was found.
  if (document.activeElement?.id === "member") rows()[0]?.focus();
  // On a phone the list and the one in hand take turns: each begins at its top.
  if (!matchMedia("(min-width: 960px)").matches) scrollTo(0, 0);
});
