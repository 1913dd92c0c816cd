// [data-fresh] in #ticket-list: asks what changed every 15 s, every 60 s while nobody looks or
// no network is there. Rows change in their place and keep box, focus and mark; of what is new
// only a bar tells.
const SEEN = 15_000;
const HIDDEN = 60_000;
const rows = () => [...document.querySelectorAll("#bulk :is(tbody tr, li):has([name=ticket])")];
const numberOf = (row) => row.querySelector("[name=ticket]").value;
let asked = Date.now();
let isDown = false; // no answer came; a browser may believe it is offline and still reach us
let first;

setInterval(() => {
  const pause = document.visibilityState === "visible" && !isDown ? SEEN : HIDDEN;
  if (Date.now() - asked >= pause) ask();
}, 1_000);
addEventListener("online", () => ask());
addEventListener("offline", () => ask());
document.addEventListener("fresh", ask);

async function ask() {
  const place = document.querySelector("[data-fresh]");
  const list = document.querySelector("#bulk [name=list]")?.value;
  if (!place) return;
  asked = Date.now();
  if (first?.place !== place) first = { place, from: place.dataset.fresh };
  const said = new URLSearchParams(list ?? place.dataset.list);
  said.set("since", place.dataset.fresh);
  said.set("from", first.from);
  said.set("shown", rows().map(numberOf).join(","));
  let answer;
  try {
    answer = await fetch(`/tickets/fresh/?${said}`, { headers: { "HX-Request": "true" } });
  } catch {
    return tell(true);
  }
  tell(false);
  if (answer.status === 200 && place.isConnected) show(place, await answer.text());
}

function tell(down) {
  isDown = down;
  document.documentElement.toggleAttribute("data-offline", down);
}

function show(place, text) {
  const found = document.createElement("template");
  found.innerHTML = text;
  const about = found.content.querySelector("[data-latest]");
  if (!about) return;
  place.dataset.fresh = about.dataset.latest;
  place.replaceChildren(...about.children);
  const now = new Map(rows().map((row) => [numberOf(row), row]));
  for (const fresh of found.content.querySelectorAll(":is(tr, li):has([name=ticket])")) {
    const row = now.get(numberOf(fresh));
    if (row && row.innerHTML !== fresh.innerHTML) change(row, fresh);
  }
  for (const number of about.dataset.gone.split(" ")) now.get(number)?.setAttribute("data-gone", "");
}

function change(row, fresh) {
  const box = row.querySelector("[name=ticket]").checked;
  const link = row.querySelector(".ticket-subject");
  const has = row.contains(document.activeElement) && document.activeElement.name;
  const focused = row.contains(document.activeElement);
  const next = fresh.querySelector(".ticket-subject");
  next.href = link.href;
  if (link.ariaCurrent) next.ariaCurrent = link.ariaCurrent;
  row.replaceChildren(...fresh.childNodes);
  row.toggleAttribute("data-unread", fresh.hasAttribute("data-unread"));
  row.removeAttribute("data-gone");
  row.querySelector("[name=ticket]").checked = box;
  if (focused) row.querySelector(has === "ticket" ? "[name=ticket]" : ".ticket-subject").focus({ preventScroll: true });
  row.removeAttribute("data-changed");
  requestAnimationFrame(() => row.setAttribute("data-changed", ""));
}
