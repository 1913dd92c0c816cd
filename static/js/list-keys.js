// [data-list-keys]: j and k walk through the tickets, o opens the one that is current, space looks at it.
import { meant } from "./keys.js";
import { peek } from "./peek.js";

const MOVES = { j: 1, k: -1 };
const links = () => [...document.querySelectorAll("[data-list-keys] .ticket-subject")];
const isCurrent = (link) => link === document.activeElement || link.closest("tr, li").matches("[aria-current]");

document.addEventListener("keydown", (event) => {
  const key = meant(event);
  const current = links().find(isCurrent);
  if (key === "o" && current) return void current.click();
  const looks = key === "space" && current && !event.target.closest("button, summary, input, a:not(.ticket-subject)");
  if (!looks && (!(key in MOVES) || !links().length)) return;
  event.preventDefault();
  if (looks) peek(current, step);
  else step(MOVES[key]);
});

function step(by) {
  const all = links(), current = all.findIndex(isCurrent);
  const next = all[current < 0 ? 0 : Math.min(all.length - 1, Math.max(0, current + by))];
  all[current]?.closest("tr, li").removeAttribute("aria-current");
  next.closest("tr, li").setAttribute("aria-current", "true");
  next.focus({ preventScroll: true });
  next.closest("tr, li").scrollIntoView({ block: "nearest" });
  return next;
}

// A ticket that is opened from a table takes its list along: the next one is the next of that list.
for (const kind of ["focusin", "click", "auxclick"]) document.addEventListener(kind, (event) => {
  const link = event.target.closest?.("#bulk tr .ticket-subject"), list = document.querySelector("#bulk [name=list]")?.value;
  if (link && list) link.search = new URLSearchParams({ list });
}, true);

// Shift with a click on a head orders by that column after the others.
document.addEventListener("click", (event) => {
  const link = event.shiftKey && event.target.closest(".sort-link");
  if (!link) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const url = new URL(link.href);
  const wanted = url.searchParams.get("sort");
  const name = (one) => one.replace("-", "");
  const now = document.querySelector("#ticket-list").dataset.sort.split(",");
  if (!wanted) return;
  const at = now.findIndex((one) => name(one) === name(wanted));
  if (at < 0) now.push(wanted);
  else now[at] = now[at].startsWith("-") ? name(wanted) : `-${name(wanted)}`;
  url.searchParams.set("sort", now.slice(0, 4).join(","));
  location.assign(url);
}, true);

// A view has a density of its own, which the whole page shows.
document.addEventListener("htmx:afterSettle", () => {
  const own = document.querySelector("#ticket-list")?.dataset.density;
  if (own !== undefined) document.documentElement.dataset.density = own;
});

// What htmx brings over the list takes the focus, and gives it back when it goes.
document.addEventListener("htmx:afterSettle", (event) => {
  event.target.querySelector?.("[data-first-field]:not(:focus-within) :is(input, select):not([type='hidden'], :disabled)")?.focus();
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
