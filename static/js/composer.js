// a[data-composer="note"]: opens the composer with that kind chosen and its text in focus.
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-composer]");
  if (!link) return;
  const composer = document.querySelector(link.hash || ".composer");
  if (!composer) return;
  const kind = composer.querySelector(`input[name=kind][value="${link.dataset.composer}"]`);
  if (kind) kind.click();
  requestAnimationFrame(() => composer.querySelector("textarea")?.focus());
});
