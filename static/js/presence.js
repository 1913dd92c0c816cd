// [data-presence]: tells every 4 s that this ticket is being read or written on, while it is seen.
const EVERY = 4_000;
const WRITING = 8_000;
let typedAt = 0;

document.addEventListener("input", (event) => {
  if (event.target.closest(".composer")) typedAt = Date.now();
});
document.addEventListener("visibilitychange", beat);
setInterval(beat, EVERY);
setTimeout(beat, 300);

addEventListener("pagehide", () => {
  const form = document.querySelector("[data-presence]");
  if (!form) return;
  const body = new URLSearchParams({ mode: "gone" });
  const headers = JSON.parse(document.body.getAttribute("hx-headers") ?? "{}");
  fetch(form.action, { method: "POST", body, headers, keepalive: true }).catch(() => {});
});

// When the head is drawn anew, who is there stays shown, and what was asked is answered there.
document.addEventListener("htmx:oobBeforeSwap", (event) => {
  const fresh = event.detail.fragment.querySelector?.("#presence");
  const now = document.querySelector("#presence");
  if (fresh && now && event.detail.target.contains(now)) fresh.replaceWith(now);
});

function beat() {
  const form = document.querySelector("[data-presence]");
  if (!form || document.visibilityState !== "visible" || !navigator.onLine) return;
  form.elements.mode.value = Date.now() - typedAt < WRITING ? "typing" : "viewing";
  const drawn = document.querySelector("#ticket-top")?.dataset.version ?? 0;
  const asks = document.querySelector("#ticket-news"); // elsewhere nothing could be told
  form.elements.since.value = asks ? Math.max(form.elements.since.value, drawn) : "";
  form.dispatchEvent(new Event("presence"));
}
