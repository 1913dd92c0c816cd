// What is typed while its form is drawn anew stays. The answer knows what stood there when it was
// asked for; what was written since is put into it, and it is asked for once more.
const FIELDS = "input[name]:not([type=file]), select[name], textarea[name]";
let typed;

document.addEventListener("htmx:beforeSwap", (event) => {
  typed = undefined;
  const { target, shouldSwap, requestConfig } = event.detail;
  const { elt, formData, triggeringEvent } = requestConfig, form = elt.closest("form");
  if (!shouldSwap || triggeringEvent?.type !== "change" || !form || form === elt || !elt.isConnected) return;
  // The form was sent, or left: its own answer is what counts.
  if (form.matches(".htmx-request") || form.querySelector("a.htmx-request")) return void (event.detail.shouldSwap = false);
  const now = new FormData(form), here = document.activeElement;
  const names = new Set([...target.querySelectorAll(FIELDS)].map((one) => one.name));
  const isNew = (name) => now.getAll(name).join("\0") !== formData.getAll(name).join("\0");
  typed = { part: target.id, rest: [...names].filter(isNew).map((name) => [name, now.getAll(name), formData.getAll(name)]), range: here.selectionStart == null ? undefined : [here.name, here.selectionStart, here.selectionEnd] };
});

document.addEventListener("htmx:afterSwap", () => {
  const part = typed?.rest.length && document.getElementById(typed.part);
  if (!part) return;
  for (const [name, values, sent] of typed.rest) put([...part.querySelectorAll(FIELDS)].filter((one) => one.name === name), values, sent);
  const here = document.activeElement, [name, ...range] = typed.range ?? [];
  if (here.name === name && part.contains(here) && !here.matches(".recipient-add")) here.setSelectionRange(...range);
});

document.addEventListener("htmx:afterSettle", () => {
  const [name] = typed?.rest[0] ?? [];
  const field = name && [...document.getElementById(typed.part).querySelectorAll(FIELDS)].find((one) => one.name === name);
  typed = undefined;
  if (field && !field.matches(".recipient-add")) field.dispatchEvent(new Event("change", { bubbles: true }));
});

function put(fields, values, sent) {
  let nth = 0;
  for (const field of fields) {
    const isOn = values.includes(field.value);
    if (field.type === "checkbox" || field.type === "radio") isOn !== sent.includes(field.value) && (field.checked = isOn);
    else if (field.options) for (const one of field.options) one.selected = values.includes(one.value);
    // An address that was taken leaves the box empty for the next one, which may have been begun.
    else if (field.matches(".recipient-add")) field.value += values[0].slice(sent[0].length);
    else field.value = values[nth++] ?? "";
  }
}
