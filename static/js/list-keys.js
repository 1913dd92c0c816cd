// [data-list-keys]: j and k walk through the tickets, o opens the one that is current.
const MOVES = { j: 1, k: -1 };

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (event.target.closest("input, textarea, select, [contenteditable], dialog")) return;
  const links = [...document.querySelectorAll("[data-list-keys] .ticket-subject")];
  const current = links.findIndex((link) => link === document.activeElement || link.closest("tr, li").matches("[aria-current]"));
  if (event.key === "o" && current >= 0) return void links[current].click();
  if (!(event.key in MOVES) || !links.length) return;
  event.preventDefault();
  const next = current < 0 ? 0 : Math.min(links.length - 1, Math.max(0, current + MOVES[event.key]));
  links[current]?.closest("tr, li").removeAttribute("aria-current");
  links[next].closest("tr, li").setAttribute("aria-current", "true");
  links[next].focus({ preventScroll: true });
  links[next].closest("tr, li").scrollIntoView({ block: "nearest" });
});

// What htmx brings over the list takes the focus, and gives it back when it goes.
document.addEventListener("htmx:afterSettle", (event) => {
  event.target.querySelector?.("[data-first-field] :is(input, select):not([type='hidden'], :disabled)")?.focus();
});
document.addEventListener("keydown", (event) => {
  const tools = event.key === "Escape" && document.querySelector(".list-tools:has(form)");
  if (!tools || event.defaultPrevented) return;
  tools.replaceChildren();
  document.querySelector("#filter")?.focus();
});

// [data-wrong="start end"]: the first wrong word of a typed query is selected, ready to be mended.
const wrong = document.querySelector("input[data-wrong]");
if (wrong) {
  wrong.focus();
  wrong.setSelectionRange(...wrong.dataset.wrong.split(" ").map(Number));
}

// A subject that is cut says all of it in a title.
document.addEventListener("mouseover", (event) => {
  const link = event.target.closest(".ticket-subject:not([title])");
  if (link && link.scrollWidth > link.clientWidth) link.title = link.textContent;
});
