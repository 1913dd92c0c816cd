// .recipient-add: Enter and comma make a recipient of what is typed, and never send the message.
document.addEventListener("keydown", (event) => {
  if (!event.target.matches(".recipient-add") || (event.key !== "Enter" && event.key !== ",")) return;
  if (event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  if (event.target.value.trim()) event.target.dispatchEvent(new Event("change", { bubbles: true }));
});
