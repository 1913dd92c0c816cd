// [data-drawer]: the nav and the side open by a plain link to their id; Escape closes them, and the
// link that opened one has the focus again.
let opened = "";

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && document.querySelector("[data-drawer]:target")) location.hash = "#main";
});

addEventListener("hashchange", () => {
  const drawer = document.querySelector("[data-drawer]:target, .search:target");
  drawer?.querySelector("a, button, input")?.focus();
  if (!drawer && opened) {
    const ways = [...document.querySelectorAll(`a[href="#${opened}"]`)];
    ways.find((way) => way.checkVisibility())?.focus();
  }
  opened = drawer?.id ?? "";
});
