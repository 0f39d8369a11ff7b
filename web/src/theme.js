// Runs before anything is painted: a reader who chose light or dark gets it at once.
// Everyone else gets the system's colours from the style sheet, without this script.
try {
  const chosen = localStorage.getItem("theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {
  // Storage may be off; the system's colours are good.
}
