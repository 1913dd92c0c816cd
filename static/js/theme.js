// [data-theme-choice]: light, dark, contrast, or empty for the system's. The server reads the cookie.
// link[data-contrast] is the style sheet of high contrast, which the system may ask for, too.
const YEAR = 31536000;

for (const menu of document.querySelectorAll("[data-theme-menu]")) menu.hidden = false;
mark(document.documentElement.dataset.theme ?? "");

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-theme-choice]");
  if (!button) return;
  const theme = button.dataset.themeChoice;
  document.cookie = `theme=${theme}; path=/; max-age=${theme ? YEAR : 0}; samesite=lax`;
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  document.querySelector("[data-contrast]").media = theme === "contrast" ? "all" : "(prefers-contrast: more)";
  mark(theme);
});

function mark(theme) {
  for (const button of document.querySelectorAll("[data-theme-choice]")) {
    button.setAttribute("aria-pressed", String(button.dataset.themeChoice === theme));
  }
}
