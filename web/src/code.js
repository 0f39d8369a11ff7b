// The code behind a page: folded for those who read, one touch away for those who learn.
import { setUpCard, unfold } from "./card.js";

export function setUpCode() {
  const folds = [...document.querySelectorAll("details.folded")];
  // All say the same: for a reader who hears them, a chart's title or a number is added.
  folds.forEach((fold, index) => {
    const rest = document.createElement("span");
    rest.className = "for-readers";
    rest.textContent = `: ${fold.parentElement.querySelector(".chart-title")?.textContent ?? index + 1}`;
    fold.querySelector("summary").append(rest);
  });
  // A number shows the tables it rests on and its name in the program, and leads to the
  // cell that computed it.
  for (const link of document.querySelectorAll("a.value")) {
    const told = document.querySelector(link.getAttribute("href"));
    if (!told) continue;
    const called = document.body.dataset.origin.replace("{value}", () => link.textContent);
    setUpCard(link, called, () => {
      const [name, value] = told.cloneNode(true).childNodes;
      const [first, second] = [document.createElement("p"), document.createElement("p")];
      Object.assign(first, { className: "card-value", textContent: value.textContent.trim() });
      Object.assign(first.dataset, told.dataset);
      second.append(name);
      return [[first, second], told.closest("details").querySelector(".when-closed").textContent, () => unfold(told)];
    });
  }
  const button = document.querySelector(".all-code");
  if (!button) return;
  const show = button.textContent;
  button.addEventListener("click", () => {
    const open = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(open));
    button.textContent = open ? button.dataset.hide : show;
    document.documentElement.classList.toggle("code-shown", open);
    for (const fold of folds) fold.open = open;
  });
}
