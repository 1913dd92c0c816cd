// [data-fresh]: asks every 15 s whether the list became old, while it is seen and the network is there.
const EVERY = 15_000;

setInterval(() => {
  if (document.visibilityState !== "visible" || !navigator.onLine) return;
  document.querySelector("[data-fresh]")?.dispatchEvent(new Event("fresh"));
}, EVERY);
