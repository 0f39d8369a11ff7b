// The page's frame: choice of colours, panels, boxes that scroll. All of it works in its
// plain form without this script; the colour button is hidden then.

// System's colours → the other ones → the system's as a fixed choice → back.
function nextTheme(current) {
  const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  const other = system === "dark" ? "light" : "dark";
  if (!current) return other;
  return current === other ? system : undefined;
}

function chooseTheme() {
  const root = document.documentElement;
  const next = nextTheme(root.dataset.theme);
  if (next) root.dataset.theme = next;
  else delete root.dataset.theme;
  try {
    if (next) localStorage.setItem("theme", next);
    else localStorage.removeItem("theme");
  } catch {
    // The choice then lasts for this page.
  }
}

// A panel that led to a place on this page, or changed the page, has done its work.
function closeAfterUse(panel) {
  panel.addEventListener("click", (event) => {
    if (event.target.closest("a, .all-code") && panel.matches(":popover-open")) panel.hidePopover();
  });
}

// What lies over the page closes when the keyboard goes on behind it.
function closeWhenLeft({ target }) {
  const open = document.querySelector(":popover-open");
  if (open && !open.contains(target) && target.matches(":focus-visible")) open.hidePopover();
}

// Not every browser lets the keyboard reach a box that scrolls.
function makeReachable(box) {
  const scrolls = box.scrollWidth > box.clientWidth;
  if (scrolls === box.hasAttribute("tabindex")) return;
  if (scrolls) {
    box.tabIndex = 0;
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", document.body.dataset.scrolls);
  } else {
    for (const name of ["tabindex", "role", "aria-label"]) box.removeAttribute(name);
  }
}

// The sections that the style sheet leaves out at first are laid out one by one, whenever
// the phone has nothing else to do: none is worth a pause that a reader would notice. The
// ledger's rows are so many, and so alike, that each waits until it comes near the screen.
function layOutTheRest() {
  const first = document.documentElement.classList;
  if (!first.contains("at-first") || !matchMedia("(max-width: 40em)").matches) {
    first.remove("at-first");
    return;
  }
  const parts = [...document.querySelectorAll("main > section section")];
  const idle = window.requestIdleCallback ?? ((work) => setTimeout(work, 20));
  const next = () => {
    const part = parts.shift();
    if (!part) return;
    part.style.contentVisibility = "visible";
    idle(() => requestAnimationFrame(next));
  };
  idle(next);
}

export function setUpFrame() {
  document.querySelector(".bar-theme").addEventListener("click", chooseTheme);
  if ("popover" in HTMLElement.prototype) {
    for (const panel of document.querySelectorAll("[popover]")) closeAfterUse(panel);
    document.addEventListener("focusin", closeWhenLeft);
  }
  const sizes = new ResizeObserver((entries) => entries.forEach(({ target }) => makeReachable(target)));
  for (const box of document.querySelectorAll(".table-box")) sizes.observe(box);
  addEventListener("load", layOutTheRest);
}
