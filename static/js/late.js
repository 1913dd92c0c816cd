// Answers that come late: what asked for one may be gone from the page by then, for the head was
// drawn anew. htmx would look for the parts to be changed around what is gone; they are on the page.
// This is about where the parts of an answer go; where the focus goes then, focus.js says.
document.addEventListener("htmx:beforeRequest", ({ detail: { elt, target } }) => {
  const swap = (event) => {
    if (event.detail.requestConfig.elt !== elt) return;
    target.removeEventListener("htmx:beforeSwap", swap);
    if (elt.isConnected || !event.detail.shouldSwap) return;
    event.detail.shouldSwap = false;
    htmx.swap(document.body, event.detail.serverResponse, { swapStyle: "none" });
  };
  target.addEventListener("htmx:beforeSwap", swap);
});
