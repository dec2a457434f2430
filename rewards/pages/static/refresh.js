// While the demo feeds, the start page's numbers follow it.
const refresh = async () => {
  const live = document.getElementById("live");
  if (!document.hidden) {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
    if (answer?.ok) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      live.replaceChildren(...page.getElementById("live").childNodes);
    }
  }
  if (document.querySelector(".feeding")) setTimeout(refresh, 3000);
};
setTimeout(refresh, 3000);
