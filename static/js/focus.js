// The focus of who works by keys stays where the hand was when a part of the page is replaced: on
// what has its place now, in the text that is written, or on what opened it. htmx itself does so
// for what has an id.
let left;

for (const name of ["htmx:beforeSwap", "htmx:oobBeforeSwap"]) document.addEventListener(name, ({ detail: { target } }) => {
  const here = document.activeElement;
  if (target.contains(here) && here.matches(":focus-visible")) left = { here, part: target.id, marks: marksOf(here, target), isWriting: here.closest(".composer") };
});
for (const name of ["htmx:afterSwap", "htmx:oobAfterSwap"]) document.addEventListener(name, restore);
document.addEventListener("htmx:afterOnLoad", () => (restore(), (left = undefined)));

// A reply that was taken back is written on.
document.addEventListener("htmx:afterOnLoad", ({ detail: { pathInfo, successful } }) => {
  if (successful && /^\/drafts\/[^/]+\/undo\//.test(pathInfo.requestPath)) document.querySelector(".composer textarea")?.focus();
});

function restore() {
  const part = left && !left.here.isConnected && document.activeElement === document.body && document.getElementById(left.part);
  if (!part) return;
  const [own, opener] = left.marks.map(([mark, index]) => part.querySelectorAll(mark)[index]);
  const text = left.isWriting && document.querySelector(".composer textarea");
  const next = [own, text, opener].find((one) => one && one.checkVisibility());
  if (next) next.focus({ preventScroll: true });
}

// Selectors for what stands in its place, each with which of those found it is.
function marksOf(here, part) {
  const names = (here.dataset.key ? ["data-key"] : ["href", "value", "name"]).filter((name) => here.getAttribute(name));
  const own = names.map((name) => `[${name}="${CSS.escape(here.getAttribute(name))}"]`).join("");
  const opener = here.closest("details")?.querySelector("summary");
  return [
    [own ? here.localName + own : ":not(*)", 0],
    ["summary", [...part.querySelectorAll("summary")].indexOf(opener)],
  ];
}
