// input[name=ticket] in #bulk: x selects the current row, shift with j and k goes on selecting,
// shift with a click takes all between, Escape clears; [data-bulk-count] says how many.
import { meant } from "./keys.js";

let last;
const boxes = () => [...document.querySelectorAll("#bulk input[name=ticket]")];
const rowOf = (one) => one?.closest("#bulk tr, #bulk li");

export function tell() {
  const all = boxes();
  const count = all.filter((box) => box.checked).length;
  for (const words of document.querySelectorAll("[data-bulk-count]")) words.textContent = words.dataset.bulkCount.replace("#", count);
  const head = document.querySelector("[data-select-all]");
  if (head) Object.assign(head, { checked: count > 0 && count === all.length, indeterminate: count > 0 && count < all.length });
}

function clear() {
  for (const box of document.querySelectorAll("#bulk :checked, [name=all][form=bulk]")) box.checked = false;
  tell();
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-bulk-clear]")) return clear();
  const all = boxes();
  const at = all.indexOf(event.target);
  if (at < 0) return;
  const from = all.indexOf(last);
  if (event.shiftKey && from >= 0) for (const box of all.slice(Math.min(at, from), Math.max(at, from) + 1)) box.checked = event.target.checked;
  last = event.target;
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-select-all]")) for (const box of boxes()) box.checked = event.target.checked;
  if (event.target.closest("#bulk")) tell();
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (event.target.closest("textarea, select, [contenteditable], dialog, input:not([name=ticket], [data-select-all])")) return;
  const key = meant(event);
  const current = rowOf(document.activeElement) ?? document.querySelector("#bulk [aria-current=true]");
  const box = current?.querySelector("input[name=ticket]");
  if (event.key === "Escape" && document.querySelector("#bulk :checked")) clear();
  else if (key === "x" && box) box.checked = !box.checked;
  else if (key === "J" || key === "K") extend(current, box, key === "J" ? "nextElementSibling" : "previousElementSibling");
  else return;
  event.preventDefault();
  tell();
});

function extend(current, box, way) {
  const next = current ? current[way] : document.querySelector("#bulk :is(tbody tr, li)");
  if (box) box.checked = true;
  if (!next) return;
  const other = next.querySelector("input[name=ticket]");
  if (!other) return;
  other.checked = true;
  current?.removeAttribute("aria-current");
  next.setAttribute("aria-current", "true");
  next.querySelector(".ticket-subject").focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

addEventListener("pageshow", tell); // a browser that comes back keeps what was checked

// [data-sheet] opens over the page; what closes it gives the focus back.
let opener;
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.target.id === "bulk") opener = document.activeElement;
});
document.addEventListener("htmx:afterSettle", () => {
  const sheet = document.querySelector("dialog[data-sheet]:not([open])");
  if (!sheet) return;
  sheet.showModal();
  sheet.querySelector(":is(input, select, textarea):not([type=hidden])")?.focus();
  sheet.addEventListener("close", () => {
    sheet.remove();
    opener?.focus();
  });
});
document.addEventListener("click", (event) => {
  const close = event.target.closest("dialog [data-sheet-close]");
  if (!close) return;
  event.preventDefault();
  close.closest("dialog").close();
});
