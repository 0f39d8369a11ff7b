// Runs before anything is painted: a reader who chose light or dark gets it at once.
// Everyone else gets the system's colours from the style sheet, without this script.
try {
  const chosen = localStorage.getItem("theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {
  // Storage may be off; the system's colours are good.
}
// A phone lays out what is below the first screens a little later (frame.js), unless the
// reader comes to a certain place of the page.
if (!location.hash && performance.getEntriesByType("navigation")[0]?.type === "navigate") {
  document.documentElement.classList.add("at-first");
}
// The headlines' font stands in the page; asked for here, it is there when lines are set.
document.fonts?.load('600 1em "Newsreader"');
