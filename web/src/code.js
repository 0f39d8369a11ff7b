// The code behind a page: folded for those who read, one touch away for those who learn.
import { setUpCard, unfold } from "./card.js";

export function setUpCode() {
  const folds = [...document.querySelectorAll("details.folded")];
  // A number shows its name in the program and leads to the cell that computed it.
  for (const link of document.querySelectorAll("a.value")) {
    const told = document.querySelector(link.getAttribute("href"));
    if (!told) continue;
    setUpCard(link, () => {
      const line = document.createElement("p");
      line.append(...told.cloneNode(true).childNodes);
      return [[line], told.closest("details").querySelector(".when-closed").textContent, () => unfold(told)];
    });
  }
  const button = document.querySelector(".all-code");
  if (!button) return;
  const show = button.textContent;
  button.addEventListener("click", () => {
    const open = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(open));
    button.textContent = open ? button.dataset.hide : show;
    for (const fold of folds) fold.open = open;
  });
}
