// Ticks the countdown that the page already says in text. The server's count is what counts, not this machine's clock.
const box = document.querySelector("[data-seconds-left]");
const shown = box.querySelectorAll("b");
const loadedAt = Date.now();
const tick = () => {
  const left = Number(box.dataset.secondsLeft) - (Date.now() - loadedAt) / 1000;
  if (left <= 0) {
    box.hidden = true;
    document.getElementById("week-over").hidden = false;
    return;
  }
  const minutes = Math.ceil(left / 60);
  const parts = [Math.floor(minutes / 1440), Math.floor((minutes % 1440) / 60), minutes % 60];
  parts.forEach((value, index) => {
    if (shown[index].textContent !== String(value)) shown[index].textContent = String(value);
  });
  setTimeout(tick, Math.min(1000, left * 1000));
};
tick();
