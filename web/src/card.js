// A small card beside the words that were touched. Browsers without popovers follow the
// link instead.
let card;

function place(mark) {
  const at = mark.getBoundingClientRect();
  const below = at.bottom + card.offsetHeight + 8 < innerHeight;
  const top = below ? at.bottom + 6 : Math.max(8, at.top - card.offsetHeight - 6);
  card.style.top = `${top}px`;
  card.style.left = `${Math.max(8, Math.min(at.left, innerWidth - card.offsetWidth - 8))}px`;
}

function open(mark, name, fill) {
  card?.remove();
  card = document.createElement("div");
  card.className = "card";
  card.popover = "auto";
  card.tabIndex = -1;
  card.setAttribute("role", "dialog");
  card.setAttribute("aria-label", name);
  const [content, moreText, follow] = fill();
  const more = document.createElement("a");
  more.href = mark.getAttribute("href");
  more.textContent = moreText;
  more.addEventListener("click", () => {
    follow();
    card.hidePopover();
  });
  const last = document.createElement("p");
  last.append(more);
  card.append(...content, last);
  mark.after(card);
  card.showPopover();
  place(mark);
  card.focus();
  card.addEventListener("toggle", (change) => {
    if (change.newState === "closed" && card.contains(document.activeElement)) mark.focus();
  });
}

// `name` is what the card is called; `fill` returns what it shows, the words of its link,
// and what opens the link's target.
export function setUpCard(mark, name, fill) {
  if (!HTMLElement.prototype.showPopover) return;
  mark.setAttribute("aria-haspopup", "dialog");
  mark.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open(mark, name, fill);
  });
}

// Not every browser opens the folds around the target of a link by itself.
export function unfold(element) {
  for (let fold = element?.closest("details"); fold; fold = fold.parentElement.closest("details")) {
    fold.open = true;
  }
}
