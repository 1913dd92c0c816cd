// textarea[data-suggest="id"]: behind / @ or # a list opens, which the arrows go through. Enter and
// Tab take the active option in place of what was typed, Escape closes the list.
const TYPED = /(^|[\s(])([/@#])([\p{L}\p{N}._-]{0,40})$/u, PAUSE = 150;
let timer, asked = 0;

document.addEventListener("input", (event) => {
  if (!event.target.matches("[data-suggest]") || event.isComposing) return;
  clearTimeout(timer);
  const typed = typedIn(event.target);
  if (typed) timer = setTimeout(() => ask(event.target, typed), PAUSE);
  else close(event.target);
});
document.addEventListener("keydown", (event) => {
  const box = event.target.matches?.("[data-suggest]") && listOf(event.target);
  if (!box || box.hidden) return;
  const options = optionsOf(box);
  const at = options.findIndex((one) => one.ariaSelected === "true");
  if (event.key === "Escape") close(event.target);
  else if (event.ctrlKey || event.metaKey || !options.length) return;
  else if (event.key === "ArrowDown") mark(event.target, options, (at + 1) % options.length);
  else if (event.key === "ArrowUp") mark(event.target, options, (at + options.length - 1) % options.length);
  else if (event.key === "Enter" || event.key === "Tab") take(event.target, options[at]);
  else return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);
document.addEventListener("mousedown", (event) => {
  const option = event.target.closest("[data-options] .option");
  if (!option) return;
  event.preventDefault();
  take(option.closest("form").querySelector("[data-suggest]"), option);
});
document.addEventListener("focusout", (event) => event.target.matches("[data-suggest]") && close(event.target));

function typedIn(area) {
  return area.value.slice(0, area.selectionStart).match(TYPED);
}

function listOf(area) {
  return document.getElementById(area.dataset.suggest);
}

function optionsOf(box) {
  return [...box.querySelectorAll(".option")];
}

async function ask(area, [, , sign, q]) {
  const box = listOf(area), turn = ++asked;
  const answer = await fetch(`${box.dataset.options}?${new URLSearchParams({ sign, q, kind: area.form.elements.kind.value })}`).catch(() => null);
  if (!answer?.ok || answer.redirected || turn !== asked || document.activeElement !== area || !typedIn(area)) return;
  box.innerHTML = await answer.text();
  const options = optionsOf(box);
  if (!options.length && sign !== "/") return close(area);
  box.hidden = false;
  mark(area, options, 0);
}

function mark(area, options, index) {
  options.forEach((one, at) => (one.ariaSelected = String(at === index)));
  if (!options[index]) return area.removeAttribute("aria-activedescendant");
  area.setAttribute("aria-activedescendant", options[index].id);
  options[index].scrollIntoView({ block: "nearest" });
}

function take(area, option) {
  const typed = typedIn(area), end = area.selectionStart;
  close(area);
  if (!typed || !option) return;
  if (option.dataset.used) {
    const used = Object.assign(document.createElement("input"), { type: "hidden", name: "used", value: option.dataset.used });
    area.form.append(used);
  }
  area.setRangeText(option.dataset.insert, end - typed[3].length - 1, end, "end");
  area.dispatchEvent(new Event("input", { bubbles: true }));
}

function close(area) {
  clearTimeout(timer);
  asked++;
  const box = listOf(area);
  if (box) box.hidden = true;
  area.removeAttribute("aria-activedescendant");
}
