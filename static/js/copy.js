// [data-copy="#4817"]: copies its words and says so ([data-copied] holds the sentence).
import { show } from "./toast.js";

for (const button of document.querySelectorAll("[data-copy]")) button.hidden = false;

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  event.preventDefault();
  await navigator.clipboard.writeText(button.dataset.copy);
  show(button.dataset.copied ?? button.dataset.copy);
});
