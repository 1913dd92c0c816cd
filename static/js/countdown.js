// [data-countdown="8"]: counts the seconds in its words; when they are over, its event “due” asks
// whether it has happened. A toast whose way back has “?left=8” shows the seconds and goes with them.
const LATE = 2; // seconds that the sender may take
const ends = new WeakMap();

setInterval(count, 500);
document.addEventListener("htmx:load", count);

function left(element, seconds) {
  if (!ends.has(element)) ends.set(element, Date.now() + seconds * 1000);
  return Math.ceil((ends.get(element) - Date.now()) / 1000);
}

function count() {
  for (const words of document.querySelectorAll("[data-countdown]")) {
    const seconds = left(words, Number(words.dataset.countdown));
    if (seconds > 0) words.textContent = words.dataset.countdownWords.replace("#", seconds);
    else if (seconds <= -LATE) {
      ends.set(words, Date.now());
      words.dispatchEvent(new Event("due"));
    }
  }
  for (const form of document.querySelectorAll('.toast form[action*="?left="]')) {
    const toast = form.closest(".toast"), seconds = left(form, Number(form.action.split("?left=")[1]));
    toast.dataset.stay = "";
    let ring = toast.querySelector(".toast-seconds");
    if (!ring) {
      toast.querySelector("svg")?.remove();
      ring = Object.assign(document.createElement("span"), { className: "toast-seconds" });
      ring.setAttribute("aria-hidden", "true");
      toast.prepend(ring);
    }
    ring.textContent = seconds > 99 ? "" : Math.max(0, seconds);
    if (seconds <= 0) toast.remove();
  }
}
