// [data-toasts]: one at a time, the rest wait. A toast leaves after 6 s unless it is being read.
const STAY = 6000;
const region = document.querySelector("[data-toasts]");
let timer, outside; // where the focus was before it came here

if (region) {
  region.dataset.queue = "";
  new MutationObserver(next).observe(region, { childList: true });
  region.addEventListener("click", (event) => {
    if (event.target.closest("[data-toast-close]")) event.target.closest("[data-toast]").remove();
  });
  region.addEventListener("pointerenter", () => clearTimeout(timer));
  region.addEventListener("pointerleave", next);
  region.addEventListener("focusin", () => clearTimeout(timer));
  document.addEventListener("focusin", ({ target, relatedTarget }) => {
    if (!region.contains(target)) outside = undefined;
    else if (!region.contains(relatedTarget)) outside = relatedTarget;
  });
  next();
}

document.addEventListener("toast", (event) => show(event.detail.value ?? event.detail.message ?? event.detail));

// Says one sentence from a script: words only, never markup.
export function show(message) {
  if (!region) return;
  const toast = document.createElement("div");
  toast.className = "toast";
  toast.dataset.toast = "";
  const words = document.createElement("span");
  words.dir = "auto";
  words.textContent = message;
  toast.append(words);
  region.append(toast);
}

function next() {
  clearTimeout(timer);
  if (outside && document.activeElement === document.body) outside.focus();
  const undoable = [...region.querySelectorAll("[data-toast]")].filter((one) => one.querySelector("form"));
  for (const older of undoable.slice(0, -1)) older.remove(); // “undo” always means the latest
  const toast = region.querySelector("[data-toast]");
  if (!toast) return;
  document.documentElement.style.setProperty("--toast", `${toast.offsetHeight}px`); // what gives way to it
  const close = toast.querySelector("[data-toast-close]");
  if (close) close.hidden = false;
  if (!("stay" in toast.dataset)) timer = setTimeout(() => toast.remove(), STAY);
}
