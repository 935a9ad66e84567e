/** Light, dark, or as the system: applied before anything is drawn, kept in this browser. */

const KEY = "explorer.theme";
const ORDER = ["auto", "light", "dark"];
const system = matchMedia("(prefers-color-scheme: dark)");

/** @returns {"auto"|"light"|"dark"} what the person chose */
export function chosen() {
  try {
    const kept = localStorage.getItem(KEY);
    return ORDER.includes(kept) ? kept : "auto";
  } catch {
    return "auto";
  }
}

/** @returns {"light"|"dark"} what is shown */
export function shown() {
  const choice = chosen();
  return choice === "auto" ? (system.matches ? "dark" : "light") : choice;
}

/** Put the theme on the document, and tell whoever draws with its colours (event `themechange`). */
function apply() {
  const theme = shown();
  if (document.documentElement.dataset.theme === theme) return;
  document.documentElement.dataset.theme = theme;
  document.dispatchEvent(new CustomEvent("themechange", { detail: theme }));
}

/** Take the next of auto, light, dark. @returns {string} its name */
export function next() {
  const name = ORDER[(ORDER.indexOf(chosen()) + 1) % ORDER.length];
  try {
    localStorage.setItem(KEY, name);
  } catch {
    // Without storage the choice lasts as long as the page.
  }
  apply();
  return name;
}

/** The value of a colour token. @param {string} name without the dashes */
export function token(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

system.addEventListener("change", apply);
apply();
