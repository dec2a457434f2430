// Keys for the staff: whatever carries data-key is pressed by that key, unless somebody is typing.
const isTyping = (target) => target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.key === "Escape" && isTyping(event.target)) {
    event.target.blur();
    return;
  }
  if (isTyping(event.target)) return;
  const wanted = [...document.querySelectorAll("[data-key]")].find((one) => one.dataset.key === event.key && one.checkVisibility());
  if (!wanted) return;
  event.preventDefault();
  wanted.focus();
  if (!wanted.matches("input, textarea, select")) wanted.click();
});
