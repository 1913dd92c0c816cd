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

// A menu that would leave the window opens upwards, or towards the other side.
document.addEventListener("toggle", (event) => {
  const menu = event.target;
  if (!menu.matches?.(OPEN)) return;
  menu.classList.remove("up", "end");
  const box = menu.querySelector(".menu-list").getBoundingClientRect();
  menu.classList.toggle("up", box.bottom > innerHeight && menu.getBoundingClientRect().top > box.height);
  menu.classList.toggle("end", box.right > innerWidth);
}, true);

function move(menu, event) {
  if (event.target.matches("input, textarea, select")) return;
  const items = [...menu.querySelectorAll("summary, .menu-item:not(:disabled)")];
  const step = event.key === "ArrowDown" ? 1 : -1;
  const next = items[items.indexOf(document.activeElement) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
}
