// Ctrl or ⌘ with K opens [data-palette]: the arrows go through its options, Enter takes one.
const SEEN = "seen", KEPT = 12;
let opener, early; // what is typed before it is there

const number = location.pathname.match(/^\/tickets\/(\d+)\/$/)?.[1];
const seen = (localStorage.getItem(SEEN) ?? "").split(",").filter(Boolean);
if (number) localStorage.setItem(SEEN, [number, ...seen.filter((one) => one !== number)].slice(0, KEPT));

document.addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
  event.preventDefault();
  const open = document.querySelector("[data-palette]");
  if (open) open.close();
  else show();
});
document.addEventListener("click", (event) => {
  const link = event.target.closest('a[href="/go/"]');
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  show();
});

document.addEventListener("keydown", (event) => {
  if (early === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") early = undefined;
  else if (event.key === "Enter") early += "\n";
  else if ([...event.key].length === 1) early += event.key;
  else return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);

export async function show(q = "") {
  if (document.querySelector("dialog[open]") || early !== undefined) return;
  early = "";
  await open(q);
  const typed = early, dialog = document.querySelector("[data-palette]");
  early = undefined;
  if (!dialog || !typed) return;
  const [words, enter] = typed.split("\n");
  input(dialog).value += words;
  input(dialog).dispatchEvent(new Event("input", { bubbles: true }));
  if (enter !== undefined) take(dialog);
}

async function open(q) {
  opener = document.activeElement;
  const row = document.querySelector("#bulk [aria-current=true] input[name=ticket]");
  const parameters = new URLSearchParams({ layer: 1, q });
  if (number ?? row) parameters.set("on", number ?? row.value);
  if (number) parameters.set("open", 1);
  const selected = document.querySelectorAll("#bulk input[name=ticket]:checked").length;
  if (selected) parameters.set("selected", selected);
  parameters.set("recent", seen.filter((one) => one !== number).slice(0, 6));
  const answer = await fetch(`/go/?${parameters}`, { headers: { "HX-Request": "true" } }).catch(() => null);
  if (!answer?.ok || answer.redirected || early === undefined || document.querySelector("[data-palette]")) return;
  const holder = document.createElement("div");
  holder.innerHTML = await answer.text();
  const dialog = holder.querySelector("[data-palette]");
  if (!dialog) return location.assign("/go/");
  document.body.append(dialog);
  htmx.process(dialog);
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (document.activeElement === document.body) opener?.focus();
  });
  dialog.told = q;
  dialog.showModal();
  input(dialog).focus();
  mark(dialog, 0);
}

// The marked line, once the list is that of the words that stand there.
function take(dialog) {
  dialog.wants = input(dialog).value !== dialog.told;
  if (!dialog.wants) options(dialog).find((one) => one.ariaSelected === "true")?.click();
}

const input = (dialog) => dialog.querySelector("[role=combobox]");
const options = (dialog) => [...dialog.querySelectorAll(".go-item[role=option]")];

function mark(dialog, index) {
  const all = options(dialog);
  all.forEach((one, at) => one.setAttribute("aria-selected", at === index));
  if (!all[index]) return input(dialog).removeAttribute("aria-activedescendant");
  input(dialog).setAttribute("aria-activedescendant", all[index].id);
  all[index].scrollIntoView({ block: "nearest" });
}

document.addEventListener("htmx:afterSettle", (event) => {
  const dialog = event.target.id === "palette-list" && event.target.closest("[data-palette]");
  if (!dialog) return;
  event.target.scrollTop = 0;
  mark(dialog, 0);
  dialog.told = event.detail.requestConfig.parameters.q;
  if (dialog.wants) take(dialog);
});
document.addEventListener("keydown", (event) => {
  const dialog = event.target.matches?.("[data-palette] [role=combobox]") && event.target.closest("dialog");
  if (!dialog || event.isComposing) return;
  const all = options(dialog);
  const at = all.findIndex((one) => one.ariaSelected === "true");
  if (event.key === "ArrowDown") mark(dialog, (at + 1) % all.length);
  else if (event.key === "ArrowUp") mark(dialog, (at + all.length - 1) % all.length);
  else if (event.key === "Enter") take(dialog);
  else return;
  event.preventDefault();
});
document.addEventListener("click", (event) => {
  const dialog = event.target.closest?.("[data-palette]");
  if (!dialog) return;
  const option = event.target.closest("[role=option]");
  const all = event.target.closest("[data-palette-all]");
  if (all) all.search = new URLSearchParams({ q: input(dialog).value.replace(/^>\s*/, "") });
  else if (event.target === dialog || event.target.closest("[data-palette-close]")) dialog.close();
  else if (option?.dataset.press) {
    dialog.close();
    document.querySelector(option.dataset.press)?.click();
  } else if (option?.matches("[hx-post]")) {
    const isComposing = "composing" in option.dataset;
    option.addEventListener("htmx:afterRequest", () => {
      dialog.close();
      if (isComposing) document.querySelector("#composer textarea")?.focus();
    });
  }
});
