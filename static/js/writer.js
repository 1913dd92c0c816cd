// The name of this window, through every reload. A window that was duplicated is born with the name
// of the first: each asks on its way in whether somebody bears its name, and then takes another.
const self = made(), others = new BroadcastChannel("writers");

export let writer = (sessionStorage.writer ??= made());

others.addEventListener("message", ({ data: { name, from, to } }) => {
  if (name !== writer) return;
  if (!to) return others.postMessage({ name, from: self, to: from });
  if (to !== self) return;
  writer = sessionStorage.writer = made();
  document.dispatchEvent(new Event("renamed"));
});
others.postMessage({ name: writer, from: self });

function made() {
  return [...crypto.getRandomValues(new Uint8Array(9))].map((one) => one.toString(36)).join("");
}
