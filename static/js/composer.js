// a[data-composer="note"]: opens the composer with that kind chosen and its text in focus.
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-composer]");
  if (!link) return;
  const composer = document.querySelector(link.hash || ".composer");
  if (!composer) return;
  const kind = composer.querySelector(`input[name=kind][value="${link.dataset.composer}"]`);
  if (!kind && composer.dataset.kind) {
    const url = new URL(location);
    url.search = `?compose=${link.dataset.composer}`;
    url.hash = "composer";
    event.preventDefault();
    return void location.assign(url); // a forward has other recipients: it is no tab beside the others
  }
  if (kind) kind.click();
  requestAnimationFrame(() => composer.querySelector("textarea")?.focus());
});

// An address that leads to the composer leads to its text, once the browser has gone there.
addEventListener("load", () => location.hash === "#composer" && document.querySelector("#composer :is([autofocus], textarea)")?.focus());

// The composer that forwards a message comes in place of the other one.
document.addEventListener("htmx:afterOnLoad", ({ detail: { pathInfo, successful } }) => {
  if (!successful || !pathInfo.requestPath.startsWith("/drafts/forward/")) return;
  location.hash = "composer";
  document.querySelector("#composer :is([autofocus], textarea)")?.focus();
});

// Buttons that were drawn for the other one stay away.
document.addEventListener("htmx:oobBeforeSwap", (event) => {
  const { target, fragment } = event.detail;
  if (target.id === "composer-send" && target.dataset.kind !== fragment.firstElementChild?.dataset.kind) event.preventDefault();
});

// Ctrl or ⌘ with Enter does what the button says; with Shift it opens the next ticket, too.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  const composer = event.target.closest(".composer");
  if (!composer) return;
  const buttons = composer.querySelectorAll(event.shiftKey ? "[data-send-next]" : ".split-button > button");
  const button = event.shiftKey ? buttons[0] : [...buttons].find((one) => one.offsetParent);
  event.preventDefault();
  event.stopImmediatePropagation();
  if (button) composer.requestSubmit(button);
}, true);

// Escape leaves the words, so that keys are keys again; what has to be closed first closes first.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || event.target !== document.activeElement || !event.target.matches(".composer textarea")) return;
  event.target.form.querySelector("[name=kind]:checked")?.focus();
});
