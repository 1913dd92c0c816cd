// [data-error-summary] takes the focus when it arrives, with the page or with a fragment.
document.querySelector("[data-error-summary]")?.focus();
document.addEventListener("htmx:afterSettle", (event) => {
  event.target.querySelector?.("[data-error-summary]")?.focus();
});
