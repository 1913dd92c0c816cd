// textarea[data-autosize] grows with its text where CSS cannot (field-sizing) do it.
if (!CSS.supports("field-sizing", "content")) {
  document.addEventListener("input", (event) => {
    const area = event.target;
    if (!area.matches("textarea[data-autosize]")) return;
    area.rows = Math.max(3, Math.min(20, area.value.split("\n").length + 1));
  });
}
