// [data-key="/"]: a key focuses a field or presses a link; never while writing. Which key means
// which action a person may change: body[data-keys] is a map to the usual keys, or “off”.
import { show } from "./shortcuts.js";

const own = document.body.dataset.keys;
const isOff = own === "off";
const map = own && !isOff ? JSON.parse(own) : {};
const WRITING = "input:not([type=checkbox], [type=radio], [type=file]), textarea, select, [contenteditable]";
const PAUSE = 1200;
let begun = "", at = 0, wanted = "";

// Where a page has no [data-key] for it.
const PLACES = {
  n: 'a[href="/tickets/new/"]',
  u: ".ticket-back",
  r: "[data-composer=reply]",
  c: "[data-composer=note]",
  z: "#queued article:has([data-countdown]) button",
  "g h": 'a[href="/home/"]',
  "g v": 'a[href="/views/"]',
  "g t": 'a[href="/tickets/"]',
  "g r": 'a[href="/reports/"]',
  "g i": 'a[href="/notifications/"]',
};
// What is done with what is selected, by the bar over the list.
const BULK = { m: "assign", s: "status", p: "priority", t: "team", l: "tags", h: "snooze", r: "reply", c: "note" };

const OPENS = { r: ["compose", "reply"], c: ["compose", "note"], f: ["forward", "latest"] };

// The usual key of what a person pressed; empty with Ctrl, or when keys are off.
export function pressed(event) {
  if (isOff || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.isComposing) return "";
  const key = event.key === " " ? "space" : event.key;
  return map[key] ?? key;
}

// The same, and empty while somebody writes or a layer is open.
export function meant(event) {
  return event.target.closest(`${WRITING}, dialog`) ? "" : pressed(event);
}

document.addEventListener("keydown", (event) => {
  const single = meant(event);
  const sequence = begun && Date.now() - at < PAUSE ? `g ${event.key}` : "";
  begun = "";
  if (!single && !sequence) return;
  const key = sequence ? map[sequence] ?? sequence : single;
  if (event.key === "g" && !sequence) {
    begun = "g";
    at = Date.now();
    return;
  }
  if (press(key)) {
    event.preventDefault();
    if (sequence) event.stopImmediatePropagation();
  }
});

function press(key) {
  if (key === "?") return show(), true;
  if (key === "e" || key === "E") return resolve(key === "E");
  if (key === "a") return answerAll();
  if (key === "f") return forward();
  if (key in BULK && document.querySelector("#bulk :checked")) return click(document.querySelector(`#bulk button[value=${BULK[key]}]`));
  const inMenu = `details[open] .menu-list [data-key="${CSS.escape(key)}"]`;
  const target = document.querySelector(inMenu) ?? document.querySelector(`[data-key="${CSS.escape(key)}"]`) ?? document.querySelector(PLACES[key] ?? ":not(*)");
  if (target?.matches("summary") && target.parentElement.open && target.parentElement.matches("[hx-get]")) return (wanted = key), true;
  return target ? click(target) : onRow(key);
}

function click(target) {
  if (!target) return false;
  target.focus();
  if (target.matches("input, textarea, select")) target.select?.();
  else target.click();
  return true;
}

// A menu that was still loading when its key was pressed again.
document.addEventListener("htmx:afterSettle", () => {
  const target = wanted && document.querySelector(`details[open] .menu-list [data-key="${CSS.escape(wanted)}"]`);
  if (target) (wanted = ""), target.click();
});

// On a list, the current row's ticket: what is written opens there, all else by the bar.
function onRow(key) {
  const row = document.querySelector("#bulk [aria-current=true]:is(tr, li)");
  if (!row || !(key in BULK || key in OPENS)) return false;
  if (key in OPENS) {
    const url = new URL(row.querySelector(".ticket-subject").href);
    url.searchParams.set(...OPENS[key]);
    url.hash = "composer";
    location.assign(url);
    return true;
  }
  row.querySelector("input[name=ticket]").click();
  return click(document.querySelector(`#bulk button[value=${BULK[key]}]`));
}

function resolve(thenNext) {
  const way = document.querySelector("#status-menu .menu-item:has(.s-resolved)");
  if (!way) return false;
  way.closest("details").open = true;
  const next = thenNext && document.querySelector('[data-key="]"]')?.href;
  const done = (event) => {
    if (event.detail.elt !== way) return;
    removeEventListener("htmx:afterRequest", done);
    if (event.detail.successful && way.matches("button")) location.assign(next);
  };
  if (next) addEventListener("htmx:afterRequest", done);
  return click(way);
}

// The newest public message; where the composer forwards one already, its text.
function forward() {
  const text = document.querySelector('.composer [data-key="f"]'), form = document.querySelector("[data-composer=reply]") && document.querySelector("form.composer");
  if (text || !form) return text ? click(text) : onRow("f");
  htmx.ajax("GET", `/drafts/forward/${form.dataset.draftKey.split(":")[1]}/`, { source: form, swap: "none" });
  return true;
}

function answerAll() {
  const more = document.querySelector(".recipient-more");
  if (more) more.open = true;
  return click(document.querySelector(PLACES.r));
}

// Ctrl or ⌘ with Enter sends the form that is being written.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  const form = event.target.closest("form[data-submit-key]");
  if (!form) return;
  event.preventDefault();
  form.requestSubmit();
});
