// The box of the typed query: while a word is written, fields and values open below it. The arrows
// go through them, Enter or Tab takes the chosen one, Escape closes; without one Enter searches.
const BOX = ".search input[name=q], [data-typed-query]", PAUSE = 120;
let timer, turn = 0;

document.addEventListener("input", (event) => {
  if (!event.target.matches(BOX) || event.isComposing) return;
  clearTimeout(timer);
  timer = setTimeout(() => ask(event.target), PAUSE);
});

async function ask(box) {
  const at = box.selectionStart, mine = ++turn;
  if (!/\S$/.test(box.value.slice(0, at))) return close(box);
  const place = [...box.value.slice(0, at)].length; // as the server counts
  const answer = await fetch(`/search/options/?${new URLSearchParams({ q: box.value, at: place })}`).catch(() => null);
  if (!answer?.ok || answer.redirected || mine !== turn || document.activeElement !== box) return;
  const html = await answer.text();
  if (mine !== turn) return;
  const list = listOf(box);
  list.innerHTML = html;
  if (!list.querySelector("[role=option]")) return close(box);
  list.hidden = false;
  box.setAttribute("aria-expanded", "true");
  mark(box, -1);
}

function listOf(box) {
  const id = box.getAttribute("aria-controls");
  const found = id && document.getElementById(id);
  if (found) return found;
  const list = document.createElement("div");
  Object.assign(list, { id: `query-options-${Math.random().toString(36).slice(2)}`, className: "options query-options", role: "listbox", ariaLabel: box.ariaLabel, hidden: true });
  box.after(list);
  for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id })) box.setAttribute(name, value);
  return list;
}

const options = (box) => [...listOf(box).querySelectorAll("[role=option]")];

function mark(box, index) {
  const all = options(box);
  all.forEach((one, at) => one.setAttribute("aria-selected", at === index));
  if (!all[index]) return box.removeAttribute("aria-activedescendant");
  box.setAttribute("aria-activedescendant", all[index].id);
  all[index].scrollIntoView({ block: "nearest" });
}

function take(box, option) {
  const signs = [...box.value];
  const after = signs.slice(Number(option.dataset.end)).join("");
  const blank = "ends" in option.dataset && !after.startsWith(" ") ? " " : "";
  const before = signs.slice(0, Number(option.dataset.start)).join("") + option.dataset.insert + blank;
  box.value = before + after;
  box.setSelectionRange(before.length, before.length);
  close(box);
  if (!blank) ask(box);
}

function close(box) {
  clearTimeout(timer);
  turn++;
  if (!box.hasAttribute("aria-controls")) return;
  listOf(box).hidden = true;
  box.setAttribute("aria-expanded", "false");
  box.removeAttribute("aria-activedescendant");
}

document.addEventListener("keydown", (event) => {
  const box = event.target.matches?.(BOX) && event.target.getAttribute("aria-expanded") === "true" && event.target;
  if (!box || event.isComposing) return;
  const all = options(box);
  const at = all.findIndex((one) => one.ariaSelected === "true");
  if (event.key === "Escape") close(box);
  else if (event.key === "ArrowDown") mark(box, (at + 1) % all.length);
  else if (event.key === "ArrowUp") mark(box, at < 0 ? all.length - 1 : at - 1);
  else if ((event.key === "Enter" || event.key === "Tab") && at >= 0) take(box, all[at]);
  else return event.key === "Enter" ? close(box) : undefined;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);
document.addEventListener("mousedown", (event) => {
  const option = event.target.closest(".query-options [role=option]");
  if (!option) return;
  event.preventDefault();
  take(option.closest(".query-options").previousElementSibling, option);
});
document.addEventListener("focusout", (event) => event.target.matches?.(BOX) && close(event.target));
