// [data-markdown] in a form: writes its marks around what is selected in the form's text area.
// The value is the mark, two marks parted by "…", or one that ends in a blank for each line.
for (const button of document.querySelectorAll("[data-markdown]")) button.hidden = false;
document.addEventListener("htmx:afterSwap", () => {
  for (const button of document.querySelectorAll("[data-markdown]")) button.hidden = false;
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-markdown]");
  const area = button?.form?.querySelector("textarea");
  if (!area) return;
  const chosen = area.value.slice(area.selectionStart, area.selectionEnd);
  const [before, after] = marks(button.dataset.markdown);
  const lines = before.endsWith(" ");
  const words = lines ? chosen.split("\n").map((line) => before + line).join("\n") : before + chosen + after;
  const start = area.selectionStart + before.length;
  area.setRangeText(words, area.selectionStart, area.selectionEnd, "end");
  if (!lines) area.setSelectionRange(start, start + chosen.length);
  area.focus();
  area.dispatchEvent(new Event("input", { bubbles: true }));
});

function marks(value) {
  const [before, after] = value.split("…");
  return [before, after ?? before];
}
