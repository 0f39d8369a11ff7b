// The code behind a page: folded for those who read, one touch away for those who learn.
export function setUpCode() {
  const folds = [...document.querySelectorAll("details.folded")];
  // A number leads to the cell that computed it; not every browser opens the fold itself.
  for (const link of document.querySelectorAll("a.value")) {
    link.addEventListener("click", () => {
      document.querySelector(link.getAttribute("href"))?.closest("details")?.setAttribute("open", "");
    });
  }
  const place = document.querySelector(".page-run");
  if (!place || !folds.length) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "all-code";
  button.textContent = place.dataset.showAll;
  button.setAttribute("aria-pressed", "false");
  button.addEventListener("click", () => {
    const open = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(open));
    button.textContent = open ? place.dataset.hideAll : place.dataset.showAll;
    for (const fold of folds) fold.open = open;
  });
  place.append(" ", button);
}
