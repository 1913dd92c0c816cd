// A <dialog> that is fetched when it is asked for, and gives the focus back when it closes. Escape
// before it is there means that it stays away.
let isAsked = false;
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !isAsked) return;
  isAsked = false;
  event.preventDefault();
}, true);

export async function open(url, selector, opener = document.activeElement) {
  if (isAsked || document.querySelector("dialog[open]")) return;
  const asked = (isAsked = {});
  const answer = await fetch(url, { headers: { "HX-Request": "true" } }).catch(() => null);
  const html = answer?.ok && !answer.redirected && (await answer.text());
  if (isAsked !== asked) return;
  isAsked = false;
  if (!html || document.querySelector("dialog[open]")) return;
  const holder = document.createElement("div");
  holder.innerHTML = html;
  const layer = holder.querySelector(selector);
  if (!layer) return location.assign(url);
  document.body.append(layer);
  layer.addEventListener("close", () => {
    layer.remove();
    if (document.activeElement === document.body) opener?.focus();
  });
  layer.addEventListener("click", (event) => {
    if (event.target === layer || event.target.closest("[data-layer-close]")) layer.close();
  });
  layer.showModal();
  return layer;
}
