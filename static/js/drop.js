// [data-drop] around an input[type=file]: dropped and pasted files join the chosen ones,
// [data-drop-list] inside names them, each with a button that takes it out again.
document.addEventListener("dragover", (event) => {
  const zone = zoneOf(event);
  if (!zone || !event.dataTransfer.types.includes("Files")) return;
  event.preventDefault();
  zone.dataset.over = "";
});
document.addEventListener("dragleave", (event) => {
  const zone = zoneOf(event);
  if (zone && !zone.contains(event.relatedTarget)) delete zone.dataset.over;
});
document.addEventListener("drop", (event) => {
  const zone = zoneOf(event);
  if (!zone) return;
  event.preventDefault();
  delete zone.dataset.over;
  add(zone, event.dataTransfer.files);
});
document.addEventListener("paste", (event) => {
  const zone = zoneOf(event);
  const files = event.clipboardData?.files;
  if (!zone || !files?.length) return;
  event.preventDefault();
  add(zone, files);
});
document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-drop] input[type=file]")) return;
  list(zoneOf(event), event.target);
});
document.addEventListener("reset", (event) => {
  for (const box of event.target.querySelectorAll("[data-drop-list]")) box.replaceChildren();
});

function zoneOf(event) {
  return event.target.closest?.("[data-drop]");
}

function add(zone, files) {
  const input = zone.querySelector("input[type=file]");
  const chosen = new DataTransfer();
  if (input.multiple) for (const file of input.files) chosen.items.add(file);
  for (const file of files) {
    if (!input.multiple && chosen.items.length) break;
    chosen.items.add(file);
  }
  input.files = chosen.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

function list(zone, input) {
  const box = zone.querySelector("[data-drop-list]");
  if (!box) return;
  box.replaceChildren(...[...input.files].map((file, index) => entry(input, file, index, box)));
}

function entry(input, file, index, box) {
  const item = document.createElement("span");
  item.className = "file";
  const name = document.createElement("span");
  name.className = "file-name";
  name.dir = "auto";
  name.textContent = file.name;
  const size = document.createElement("span");
  size.className = "file-size";
  size.textContent = measure(file.size);
  const remove = document.createElement("button");
  remove.type = "button";
  remove.className = "file-remove";
  remove.textContent = "×";
  remove.setAttribute("aria-label", `${box.dataset.removeWord ?? "Remove"} ${file.name}`);
  remove.addEventListener("click", () => take(input, index));
  item.append(name, size, remove);
  return item;
}

function take(input, index) {
  const kept = new DataTransfer();
  [...input.files].forEach((file, position) => position !== index && kept.items.add(file));
  input.files = kept.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

function measure(bytes) {
  const units = ["B", "kB", "MB", "GB"];
  const power = Math.min(3, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const number = bytes / 1000 ** power;
  return `${number.toFixed(power && number < 10 ? 1 : 0)} ${units[power]}`;
}
