// form[data-draft-url]: what is typed is in this browser at once, and on the server a second after
// typing stops. A record in the browser stands for words that the server may not have:
// “draft 7:812 reply w” is what person 7 writes to ticket 812 in the window w. It goes when the
// server has answered for it, on whatever page that is.
import { writer } from "./writer.js";

const PAUSE = 1000, RETRY = 5000, ABANDONED = 20_000, PATIENCE = 15_000, FORMS = "form[data-draft-url]";
const BOXES = ["checkbox", "radio", "hidden", "file", "submit"], DRAWN = ["to", "cc", "bcc", "kept", "enclose", "set", "used"];
let timer, later, running, again, sending, before;

document.addEventListener("input", touched);
document.addEventListener("change", (event) => (event.target.name === "kind" ? turn(event.target.form) : touched(event)));
for (const name of ["htmx:afterSwap", "htmx:oobAfterSwap"]) document.addEventListener(name, begin);
document.addEventListener("submit", ({ target }) => {
  if (!target.matches(FORMS)) return;
  clearTimeout(timer);
  sending?.abort();
  keep(target, { submitted: true });
}, true);
document.addEventListener("htmx:beforeRequest", ({ detail: { elt, requestConfig } }) => {
  const form = formOf(elt);
  if (form) requestConfig.posted = { kind: form.draftKind, body: form.elements.body.value };
  if (form === elt) form.isOnItsWay = true; // what is typed meanwhile must not be forgotten with it
});
document.addEventListener("htmx:afterRequest", ({ detail: { elt } }) => (elt.isOnItsWay = false));
document.addEventListener("htmx:beforeSwap", ({ detail: { requestConfig, target, shouldSwap, xhr } }) => {
  const form = formOf(requestConfig.elt);
  if (form && target === form && shouldSwap) replaced(form, requestConfig.posted, requestConfig.elt === form && xhr.status < 300);
});
document.addEventListener("htmx:oobBeforeSwap", ({ detail: { target } }) => {
  if (!target.matches?.(FORMS)) return;
  target.isLeaving = true;
  before = { isBeside: true };
});
for (const name of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) document.addEventListener(name, ({ detail: { elt, requestConfig } }) => {
  if (!elt.matches?.(FORMS)) return;
  keep(elt, {}, requestConfig.posted.kind); // not sent: the words stay in the page, and are a draft again
  timer = setTimeout(save, RETRY);
});
// What brings another draft into the composer waits until this one is kept.
document.addEventListener("htmx:confirm", (event) => {
  if (!event.detail.path.startsWith("/drafts/") || !own(document.querySelector(FORMS)).length) return;
  event.preventDefault();
  save().then(() => event.detail.issueRequest(true));
});
document.addEventListener("renamed", () => {
  const form = document.querySelector(FORMS);
  if (!form) return;
  form.elements.writer.value = writer;
  const { value, defaultValue } = form.elements.body;
  if (value.trim() && value !== defaultValue) keepSoon(form);
});
addEventListener("online", () => (save(), rescue()));
addEventListener("pagehide", () => own(document.querySelector(FORMS)).forEach((name) => post(name, { keepalive: true })));
addEventListener("pageshow", (event) => event.persisted && save());
begin();
rescue();

function begin() {
  const form = document.querySelector(FORMS), last = before;
  if (!form || form.draftKind) return;
  before = undefined;
  form.elements.writer.value = writer;
  form.draftKind = kindOf(form);
  const isTurned = last?.posted && last.posted !== form.draftKind; // a macro wrote words of another kind
  for (const [kind, said] of last?.others ?? []) if (!isTurned || kind !== form.draftKind) put(form, kind, said);
  if (last?.comesBack && !isTurned) keepSoon(form);
  const isEarly = ["title", "body"].some((name) => form.elements[name] && form.elements[name].value !== form.elements[name].defaultValue);
  for (const name of names(form)) {
    const { kind, who } = partsOf(name), said = read(name);
    if (who !== writer) continue;
    const isOther = kind === form.draftKind && (isEarly ? said.body !== form.elements.body.value : !isOfTheSame(form, said));
    // What was typed while another draft was on its way here: below it, or apart where it has a name.
    const isBeside = last?.isBeside && kind === form.draftKind && said.uuid !== form.elements.draft.value && form.elements.body.value.trim();
    if (said.submitted || isOther || (isTurned && kind === form.draftKind)) setAside(name);
    else if (isBeside && said.revision > 0) setAside(name), clearTimeout(later), (later = setTimeout(rescue));
    else if (isBeside) {
      form.elements.body.value = `${form.elements.body.value.trimEnd()}\n\n${said.body}`;
      keepSoon(form);
    } else {
      put(form, kind, said);
      if (kind === form.draftKind) keep(form);
      timer = setTimeout(save, PAUSE);
    }
  }
  if (isEarly || isTurned) keepSoon(form); // isEarly: typed before this script was there
  const radio = last?.kind !== last?.posted && form.querySelector(`input[name=kind][value="${last.kind}"]:not(:checked)`);
  if (radio) radio.checked = true, turn(form);
}

// A draft that forwards another message is not what this form is for.
function isOfTheSame(form, said) {
  return form.elements.forward?.value === said.rest.find(([name]) => name === "forward")?.[1];
}

// The form goes, since its words were said, refused or filled: what was typed meanwhile stays.
function replaced(form, posted, isSaid) {
  const now = shown(form, posted.kind).body, isNew = now !== posted.body;
  const rest = now.startsWith(posted.body) ? now.slice(posted.body.length).trimStart() : now;
  form.isLeaving = true;
  before = { kind: form.draftKind, posted: posted.kind, comesBack: !isSaid && !isNew };
  if (!isSaid) before.others = kindsOf(form).filter((kind) => kind !== posted.kind).map((kind) => [kind, shown(form, kind)]);
  if (isSaid) localStorage.removeItem(place(form, posted.kind));
  if (isSaid && isNew && rest) keep(form, { uuid: uuid(), revision: 0, body: rest, rest: [] }, posted.kind);
  if (!isSaid && isNew) keep(form, {}, posted.kind);
}

function kindsOf(form) {
  return [form.draftKind, ...[...form.querySelectorAll("template[data-draft-of]")].map((one) => one.dataset.draftOf)];
}

// A button of the palette stands outside of the form that it fills.
function formOf(elt) {
  return (elt.form ?? elt).closest(FORMS);
}

function kindOf(form) {
  return form.querySelector("input[name=kind]:checked")?.value ?? "ticket";
}

// The records --------------------------------------------------------------------------------------

function place(form, kind = form.draftKind) {
  return `draft ${form.dataset.draftKey} ${kind} ${writer}`;
}

function partsOf(name) {
  const [, about, kind, who] = name.split(" ");
  return { about, kind, who };
}

function names(form) {
  return Object.keys(localStorage).filter((name) => name.startsWith(`draft ${form.dataset.draftKey} `));
}

// Those of this form that are not on their way as a message.
function own(form) {
  return form ? names(form).filter((name) => partsOf(name).who === writer && !read(name).submitted) : [];
}

function read(name) {
  return JSON.parse(localStorage[name] ?? "null");
}

function keep(form, more, kind = form.draftKind) {
  const rest = [...new FormData(form)].filter(([name, value]) => typeof value === "string" && !["body", "csrfmiddlewaretoken"].includes(name));
  localStorage[place(form, kind)] = JSON.stringify({ url: form.dataset.draftUrl, ...shown(form, kind), rest, at: Date.now(), ...more });
}

function keepSoon(form) {
  keep(form);
  clearTimeout(timer);
  timer = setTimeout(save, PAUSE);
}

// As another window's: what is typed here meanwhile must not be written over it.
function setAside(name) {
  localStorage[`${name}~${Date.now().toString(36)}`] = localStorage[name];
  localStorage.removeItem(name);
}

function touched(event) {
  const form = event.target.form ?? event.target.closest?.("form");
  // A field that leaves the page in focus says “change” once more.
  if (!form?.matches(FORMS) || form.isLeaving || event.target.type === "file") return;
  keepSoon(form);
}

// The server ---------------------------------------------------------------------------------------

function save() {
  clearTimeout(timer);
  timer = undefined;
  again = Boolean(running);
  return (running ??= saveAll().finally(() => (running = undefined)));
}

async function saveAll() {
  do {
    again = false;
    const form = document.querySelector(FORMS);
    for (const name of form?.isOnItsWay ? [] : own(form)) {
      sending = new AbortController();
      if (!(await saveOne(form, name))) return;
    }
  } while (again);
}

// Whether to go on with the next one: not while the server is away.
async function saveOne(form, name) {
  const found = localStorage[name], said = read(name), { signal } = sending;
  if (!said) return true;
  tell(form, form.dataset.saving);
  const answer = await post(name, { signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]) });
  const now = document.querySelector(FORMS) ?? form, { kind } = partsOf(name);
  if (signal.aborted) return false;
  if (!answer) timer = setTimeout(save, RETRY);
  if (!answer || answer.errors) return tell(now, answer?.errors.join(" ") || form.dataset.keptHere), Boolean(answer);
  tell(now, answer.words ?? "", answer.uuid);
  if (now === form) redraw(form);
  const isSame = localStorage[name] === found;
  if (isSame) localStorage.removeItem(name);
  if (now.dataset.draftKey !== form.dataset.draftKey) return true;
  if (answer.uuid) follow(now, name, kind, said, answer);
  else if (isSame && kind !== "ticket" && said.body.trim() && shown(now, kind)?.body === said.body)
    put(now, kind, { uuid: uuid(), revision: 0, body: "" }); // it has been sent: an answer was lost
  return true;
}

// The draft has another revision now, and perhaps another name.
function follow(form, name, kind, said, { uuid, revision }) {
  const here = shown(form, kind), left = read(name);
  if (here?.uuid === said.uuid) put(form, kind, { ...here, uuid, revision });
  if (left && !left.submitted && left.uuid === said.uuid) localStorage[name] = JSON.stringify({ ...left, uuid, revision });
}

// Words that no window will save any more: of one that is gone, of a ticket that was left, of a
// message whose answer never came.
async function rescue() {
  clearTimeout(later);
  const form = document.querySelector(FORMS), person = document.body.dataset.person;
  let wait = Infinity;
  for (const name of Object.keys(localStorage).filter((one) => person && one.startsWith(`draft ${person}:`))) {
    const { about, kind, who } = partsOf(name), found = localStorage[name], said = read(name);
    const isHere = about === form?.dataset.draftKey, isMine = who.split("~")[0] === writer;
    if (!said || (isHere ? who === writer : said.refused)) continue;
    const left = isMine ? 0 : said.at + ABANDONED - Date.now();
    if (left > 0) wait = Math.min(wait, left);
    if (left > 0) continue;
    const before = isHere && shown(form, kind);
    const answer = await post(name, { signal: AbortSignal.timeout(PATIENCE) });
    if (!answer) wait = RETRY;
    if (!answer) break;
    if (localStorage[name] !== found) continue;
    if (answer.errors) localStorage[name] = JSON.stringify({ ...said, refused: true });
    else localStorage.removeItem(name);
    const now = isHere && form.isConnected && shown(form, kind);
    const isFree = now && now.body === before.body && (!now.body.trim() || now.body === said.body || (isMine && now.uuid === said.uuid));
    if (answer.uuid && isFree && !(place(form, kind) in localStorage)) put(form, kind, { ...said, ...answer });
  }
  if (wait < Infinity) later = setTimeout(rescue, wait);
}

// What the server answered; nothing where it could not be asked, errors where it did not take it.
async function post(name, options) {
  const said = read(name), { kind, who } = partsOf(name), body = new FormData();
  if (!said) return;
  for (const [field, value] of said.rest) body.append(field, value);
  for (const [field, value] of Object.entries({ draft: said.uuid, revision: said.revision, body: said.body, kind, writer: who })) body.set(field, value);
  const headers = { accept: "application/json", ...JSON.parse(document.body.getAttribute("hx-headers") ?? "{}") };
  try {
    const answer = await fetch(said.url, { method: "POST", body, headers, redirect: "error", ...options });
    if (answer.ok || answer.status === 422) return await answer.json();
    return answer.status < 500 ? { errors: [] } : undefined;
  } catch {
    return undefined;
  }
}

// The form -----------------------------------------------------------------------------------------

// What the form holds of a kind: what is seen, or what waits behind the other tab.
function shown(form, kind) {
  const { draft, revision, body } = form.elements;
  if (kind === form.draftKind) return { uuid: draft.value, revision: revision.value, body: body.value };
  const other = form.querySelector(`template[data-draft-of="${kind}"]`);
  return other && { uuid: other.dataset.uuid, revision: other.dataset.revision, body: other.content.textContent };
}

function put(form, kind, { uuid, revision, body, rest = [] }) {
  if (kind === form.draftKind) {
    Object.entries({ draft: uuid, revision, body }).forEach(([name, value]) => form.elements[name].value !== String(value) && (form.elements[name].value = value));
    if (!form.dataset.fill) drawFiles(form, rest.filter(([name]) => name === "kept"));
    fill(form, rest);
    if (form.dataset.fill) bring(form, rest);
  } else {
    const other = form.querySelector(`template[data-draft-of="${kind}"]`);
    if (!other) return;
    Object.assign(other.dataset, { uuid, revision });
    other.content.replaceChildren(body);
  }
}

// All that was typed beside the text; fields that belong to a queue or type are asked for.
function fill(form, rest) {
  const isThere = ({ name, value }) => rest.some((one) => one[0] === name && one[1] === value);
  for (const field of rest.length ? form.elements : []) {
    if (field.type === "checkbox" && DRAWN.includes(field.name)) field.checked = isThere(field);
    const values = rest.filter(([name]) => name === field.name && name !== "body").map(([, value]) => value);
    if (!values.length || BOXES.includes(field.type)) continue;
    if (field.options) for (const one of field.options) one.selected = values.includes(one.value);
    else field.value = values[0];
  }
  const custom = form.querySelector("#custom-fields"), missing = rest.filter(([name]) => !(name in form.elements));
  if (!custom || !missing.length) return;
  for (const [name, value] of missing) custom.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  document.addEventListener("htmx:load", () => form.elements.type.dispatchEvent(new Event("change", { bubbles: true })), { once: true });
}

// Recipients, files and changes that the page was drawn without: the server draws them, once it knows.
function bring(form, rest) {
  for (const [name, value] of rest.filter(([name]) => DRAWN.includes(name))) {
    if ([...form.elements].some((one) => one.name === name && one.value === value)) continue;
    const field = Object.assign(document.createElement("input"), { type: "hidden", name, value });
    field.dataset.undrawn = "";
    form.append(field);
  }
}

// A new ticket’s files are drawn by themselves; until then the form holds their names.
async function drawFiles(form, kept) {
  const list = form.querySelector("[data-kept-list]");
  if (!kept.length) return;
  list.replaceChildren(...kept.map(([name, value]) => Object.assign(document.createElement("input"), { type: "hidden", name, value })));
  const body = new FormData(), headers = JSON.parse(document.body.getAttribute("hx-headers") ?? "{}");
  for (const one of kept) body.append(...one);
  const answer = await fetch(form.querySelector("[data-upload]").dataset.upload, { method: "POST", body, headers }).catch(() => null);
  if (answer?.ok && !answer.redirected) list.innerHTML = await answer.text();
}

function redraw(form) {
  const missing = form.querySelector("[data-undrawn]");
  if (missing) htmx.ajax("POST", form.dataset.fill, { source: form.elements.body, target: form, swap: "outerHTML" });
}

// Reply and note have each their own words.
function turn(form) {
  const kind = form?.matches(FORMS) && kindOf(form), other = kind && form.querySelector(`template[data-draft-of="${kind}"]`);
  if (!other || kind === form.draftKind) return;
  if (timer) save();
  const mine = shown(form, form.draftKind), theirs = shown(form, kind), before = form.draftKind;
  other.dataset.draftOf = before;
  form.draftKind = kind;
  put(form, before, mine);
  put(form, kind, theirs);
}

function tell(form, words, isSaved) {
  const state = form.querySelector("[data-draft-state]");
  if (!state) return;
  state.textContent = words;
  state.toggleAttribute("data-saved", Boolean(isSaved));
  if (words === form.dataset.keptHere) state.dataset.failed = "";
  else delete state.dataset.failed;
}

function uuid() {
  const [...bytes] = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  return bytes.map((one) => one.toString(16).padStart(2, "0")).join("").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
