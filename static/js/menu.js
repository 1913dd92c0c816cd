// details[data-menu]: one open at a time; closes on Escape, outside and when its work is done.
const OPEN = "details[data-menu][open]";

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll(OPEN)) {
    const inside = menu.contains(event.target);
    const chosen = event.target.closest(".menu-item") && !event.target.closest("form");
    if (!inside || chosen) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.(OPEN) ?? document.querySelector(OPEN);
  if (!menu) return;
  if (event.key === "Escape") {
    menu.open = false;
    menu.querySelector("summary").focus();
    event.stopImmediatePropagation();
  }
  if (event.key === "ArrowDown" || event.key === "ArrowUp") move(menu, event);
});

// A menu that would leave the region that clips it opens upwards, or towards the other side; one
// that loads when opened is looked at again.
document.addEventListener("toggle", (event) => event.target.matches?.(OPEN) && place(event.target), true);
addEventListener("resize", () => document.querySelectorAll(OPEN).forEach(place));
document.addEventListener("htmx:afterSettle", (event) => {
  const menu = event.target.closest?.(OPEN);
  if (menu) place(menu);
});

function place(menu) {
  menu.classList.remove("up", "end");
  const list = menu.querySelector(".menu-list").getBoundingClientRect();
  const own = menu.getBoundingClientRect();
  const region = menu.closest(".scroll, .main, .side")?.getBoundingClientRect();
  const bottom = Math.min(innerHeight, region?.bottom ?? innerHeight);
  const top = Math.max(0, region?.top ?? 0);
  menu.classList.toggle("up", list.bottom > bottom && own.top - top > list.height);
  menu.classList.toggle("end", list.right > Math.min(innerWidth, region?.right ?? innerWidth));
}

function move(menu, event) {
  if (event.target.matches("input, textarea, select")) return;
  const items = [...menu.querySelectorAll("summary, .menu-item:not(:disabled)")];
  const step = event.key === "ArrowDown" ? 1 : -1;
  const next = items[items.indexOf(document.activeElement) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
}
