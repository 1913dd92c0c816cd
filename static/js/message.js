// a[data-copy-link]: copies its address. a[data-quote="anchor"]: puts a message, or what is selected
// of it, as a quotation into the composer's text; the composer opens by its own link. Where a forward
// is open, the composer of a reply comes with the next page, and the quotation waits for it.
import { show } from "./toast.js";

const WAITING = "quotation";
let selected = "";
document.addEventListener("selectionchange", () => {
  const words = String(getSelection());
  if (words.trim()) selected = words;
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-copy-link], a[data-quote]");
  if (!link) return;
  if ("copyLink" in link.dataset) {
    event.preventDefault();
    navigator.clipboard?.writeText(link.href).then(() => show(link.dataset.copied));
    return;
  }
  const body = document.getElementById(link.dataset.quote)?.querySelector(".message-body");
  const composer = document.querySelector(".composer");
  if (!body || !composer) return;
  const whole = body.innerText;
  const part = selected.trim() && whole.includes(selected.trim()) ? selected : whole;
  const quotation = part.trim().split("\n").map((line) => `> ${line}`.trimEnd()).join("\n");
  if (composer.dataset.kind) sessionStorage.setItem(WAITING, quotation);
  else put(quotation);
});
addEventListener("load", () => {
  const quotation = sessionStorage.getItem(WAITING);
  sessionStorage.removeItem(WAITING);
  if (quotation) put(quotation);
});

function put(quotation) {
  const text = document.querySelector(".composer:not([data-kind]) textarea");
  if (!text) return;
  const before = text.value.trimEnd();
  text.value = `${before ? `${before}\n\n` : ""}${quotation}\n\n`;
  text.dispatchEvent(new Event("input", { bubbles: true }));
}

for (const button of document.querySelectorAll("[data-print]")) button.hidden = false;
document.addEventListener("click", (event) => event.target.closest("[data-print]") && print());
