// [data-list-keys] is found again where it was left: beside the ticket that was opened from it, and
// after coming back.
const list = () => document.querySelector("[data-list-keys]");
const key = () => `list:${document.querySelector("#bulk [name=list]")?.value}:${document.querySelector("#bulk [name=ticket]")?.value}`;

addEventListener("pagehide", () => {
  if (list()) sessionStorage.setItem("list", JSON.stringify([key(), list().scrollTop]));
});
const [kept, place] = JSON.parse(sessionStorage.getItem("list") ?? "[]");
if (list() && kept === key()) list().scrollTop = place;
list()?.querySelector("[aria-current=page]")?.scrollIntoView({ block: "nearest" });

// #ticket-list: rows become grey after 200 ms of waiting; what failed says so there, with a way on.
let waiting;
const of = (event) => event.detail.target?.closest?.("#ticket-list");
document.addEventListener("htmx:beforeRequest", (event) => {
  const panel = of(event);
  if (panel === event.detail.target) waiting = setTimeout(() => panel?.setAttribute("aria-busy", "true"), 200);
});
document.addEventListener("htmx:afterRequest", (event) => {
  clearTimeout(waiting);
  of(event)?.removeAttribute("aria-busy");
});
for (const name of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.addEventListener(name, (event) => {
    const words = document.querySelector("#list-failed");
    const panel = of(event);
    if (!words || !panel) return;
    panel.querySelector(".list-failed")?.remove();
    const said = words.content.firstElementChild.cloneNode(true);
    said.querySelector("a").href = event.detail.pathInfo?.requestPath ?? location.href;
    panel.querySelector("header").after(said);
    said.querySelector("a").focus();
  });
}
