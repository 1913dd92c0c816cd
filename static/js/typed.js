// What is typed while an answer is on its way stays, whatever part of the page the answer draws anew:
// it is put into the same field there. A menu or a tool in which somebody writes is brought over as it
// is, and a form that was sent and written on stays open. drafts.js cares for the words of a message.
const FIELDS = ":is(input[name], select, textarea):enabled:not([type=file], [type=hidden], #bulk *, .composer :is([name=kind], [name=body]))";
const LAYERS = "details.menu, .list-tools";
let asked, kept = [], put, hand, again;

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const { target, xhr, serverResponse, requestConfig: { elt, formData, triggeringEvent } } = detail;
  const form = (elt.form ?? elt).closest("form");
  kept = [];
  asked = put = hand = again = undefined;
  if (!detail.shouldSwap || !elt.isConnected) return;
  again = triggeringEvent?.type === "change" && form && form !== elt;
  // The form was sent, or left: its own answer is what counts.
  if (again && (form.matches(".htmx-request") || form.querySelector("a.htmx-request"))) return void (detail.shouldSwap = false);
  asked = formData.has("csrfmiddlewaretoken") && { form, formData };
  if ((xhr.getResponseHeader("HX-Reswap") ?? elt.closest("[hx-swap]")?.getAttribute("hx-swap")) === "none") return;
  collect(target);
  if (form !== elt || xhr.status >= 300 || !kept.some(({ id, isOwn }) => isOwn && id && !serverResponse.includes(`id="${id}"`))) return;
  kept = [];
  detail.shouldSwap = false;
  htmx.swap(document.body, serverResponse, { swapStyle: "none" });
  renew(form);
});

document.addEventListener("htmx:oobBeforeSwap", ({ detail: { target } }) => target.matches(".composer") || collect(target));

document.addEventListener("htmx:afterSwap", () => {
  for (const one of kept.splice(0)) {
    const part = document.getElementById(one.part) ?? document, field = alike(part, one)[one.nth];
    if (one.layer && (one.here || !field)) bring(part, one);
    else if (field) fill(field, one);
  }
  asked = undefined;
});

document.addEventListener("htmx:afterSettle", () => {
  hand?.focus({ preventScroll: true });
  if (put && !put.matches(".recipient-add")) put.dispatchEvent(new Event(again ? "change" : "input", { bubbles: true }));
  put = undefined;
});

// The fields of a part whose words nobody has sent. A box or tool of the list follows the list, unless
// somebody writes in it.
function collect(part) {
  const here = document.activeElement;
  for (const field of part.querySelectorAll(FIELDS)) {
    const { form, id, name, value } = field, layer = field.closest(LAYERS), isBox = boxes(field), isOwn = form && form === asked?.form;
    const one = { part: part.id, action: form?.getAttribute("action"), id, name, value: isBox && value, isBox, isOwn };
    one.nth = alike(part, one).indexOf(field);
    one.now = valuesOf(field, "value", "checked", "selected");
    one.then = isOwn ? sentOf(field, one.nth) : valuesOf(field, "defaultValue", "defaultChecked", "defaultSelected");
    if (one.now.join("\0") === one.then.join("\0")) continue;
    if (layer !== part && part.contains(layer)) Object.assign(one, { layer, here: layer.contains(here) && here });
    if (!isOwn && (form === part ? field !== here : one.layer?.id && !one.here)) continue;
    if (field === here) one.range = field.selectionStart == null ? [] : [field.selectionStart, field.selectionEnd];
    kept.push(one);
  }
}

const boxes = ({ type }) => type === "checkbox" || type === "radio";

function alike(part, { action, name, isBox, value }) {
  return [...part.querySelectorAll(FIELDS)].filter((one) => one.name === name && one.form?.getAttribute("action") === action && boxes(one) === isBox && (!isBox || one.value === value));
}

function valuesOf(field, value, checked, selected) {
  if (boxes(field)) return field[checked] ? [field.value] : [];
  if (!field.options) return [field[value]];
  const chosen = [...field.options].filter((one) => one[selected]);
  return (chosen.length || field.multiple ? chosen : [...field.options].slice(0, 1)).map((one) => one.value);
}

function sentOf(field, nth) {
  const all = asked.formData.getAll(field.name), isOf = (one) => all.includes(one.value);
  if (boxes(field)) return isOf(field) ? [field.value] : [];
  if (field.options) return [...field.options].filter(isOf).map((one) => one.value);
  const others = [...asked.form.elements].filter((one) => one.name === field.name && boxes(one)).map((one) => one.value);
  return [all.filter((one) => !others.includes(one))[nth] ?? ""];
}

function fill(field, { now, then, isOwn, range }) {
  const [words] = now, [said] = then;
  if (boxes(field)) field.checked = now.length > 0;
  else if (field.options) for (const one of field.options) one.selected = now.includes(one.value);
  // A field that comes back empty was taken: what follows is the next.
  else if (isOwn && said && !field.value && words.startsWith(said)) field.value = words.slice(said.length).trimStart();
  else field.value = words;
  if (!field.checkVisibility()) field.closest(".recipients")?.querySelector("details").setAttribute("open", "");
  put ??= field;
  if (!range) return;
  hand = field;
  if (field.value === words && range.length) field.setSelectionRange(...range);
}

// What stands in a form that was sent and stays is written on from there.
function renew({ elements: { version, seen } }) {
  if (version) version.value = document.querySelector("#ticket-top").dataset.version;
  if (seen) seen.value = "";
}

function bring(part, { layer, here, isOwn }) {
  const mark = (one) => one.getAttribute("hx-get") ?? one.querySelector("summary")?.dataset.key;
  const place = !layer.isConnected && [...part.querySelectorAll(LAYERS)].find((one) => one.id === layer.id && mark(one) === mark(layer));
  if (!place) return;
  layer.querySelector("summary")?.replaceWith(place.querySelector("summary"));
  place.replaceWith(layer);
  for (const form of layer.querySelectorAll("form")) {
    const way = part.querySelector(`a[hx-get^="${form.getAttribute("action").split("?")[0]}?"]`);
    if (way) form.setAttribute("action", way.getAttribute("hx-get"));
    if (isOwn) renew(form);
  }
  htmx.process(layer);
  if (here) here.focus({ preventScroll: true });
}
