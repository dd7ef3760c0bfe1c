// Light or dark: as the system has it, unless it was switched by hand.

const KEY = "chaos-live-theme";
const dark = matchMedia("(prefers-color-scheme: dark)");

export function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : dark.matches;
}

export function startTheme(changed) {
  const kept = remembered();
  if (kept) document.documentElement.dataset.theme = kept;
  dark.addEventListener("change", changed);
  changed();
}

export function switchTheme(changed) {
  const theme = isDark() ? "light" : "dark";
  document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // A browser that keeps nothing still switches.
  }
  changed();
}

function remembered() {
  try {
    const theme = localStorage.getItem(KEY);
    return theme === "light" || theme === "dark" ? theme : null;
  } catch {
    return null;
  }
}
