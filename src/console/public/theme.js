// Before the first paint: the theme that the user has chosen, so that the page does not flash in the system's. A file of
// its own because the Content-Security-Policy allows no script inside the page.
try {
  document.documentElement.dataset.theme = localStorage.getItem("crewship-theme") ?? "system";
} catch {
  // A browser that stores nothing shows the system's.
}
