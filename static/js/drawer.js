// [data-drawer]: the nav and the side open by a plain link to their id; Escape closes them.
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && document.querySelector("[data-drawer]:target")) location.hash = "#main";
});

addEventListener("hashchange", () => {
  const drawer = document.querySelector("[data-drawer]:target, .search:target");
  drawer?.querySelector("a, button, input")?.focus();
});
