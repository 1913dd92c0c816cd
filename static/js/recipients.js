// .recipient-add: Enter and comma make a recipient of what is typed, and never send the message.
document.addEventListener("keydown", (event) => {
  if (!event.target.matches(".recipient-add") || (event.key !== "Enter" && event.key !== ",")) return;
  if (event.ctrlKey || event.metaKey) return;
  const { target } = event, isEmpty = !target.value.trim();
  if (event.key === "Enter" || isEmpty) event.preventDefault();
  if (!isEmpty) setTimeout(() => target.isConnected && target.dispatchEvent(new Event("change", { bubbles: true }))); // the comma stands there, also behind what is refused
});
