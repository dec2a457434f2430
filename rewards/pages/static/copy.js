// Copies what a button names, and says so. Buttons show only where a page may write to the clipboard.
if (navigator.clipboard) {
  document.documentElement.classList.add("can-copy");
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copies]");
    if (!button) return;
    const said = document.querySelector(".copied");
    try {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copies).textContent);
      said.textContent = said.dataset.says;
    } catch {
      // The browser refused: let the reader copy it by hand.
      getSelection().selectAllChildren(document.getElementById(button.dataset.copies));
    }
  });
}
