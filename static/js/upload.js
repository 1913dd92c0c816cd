// input[type=file][data-upload]: each file goes to that address as it is chosen, dropped or pasted,
// and comes back as a box, or says why it was refused. What could not be sent stays in the input.
document.addEventListener("change", (event) => {
  const input = event.target;
  if (!input.matches("[data-upload]")) return;
  event.stopImmediatePropagation();
  const files = [...input.files];
  input.value = "";
  for (const file of files) send(input, file);
}, true);

// What is sent while a file is on its way waits for it.
addEventListener("submit", (event) => {
  if (!event.target.querySelector("[data-kept-list] progress")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  event.target.waits = { submitter: event.submitter };
}, true);

function goOn(form) {
  const { waits } = form;
  if (!waits || form.querySelector("[data-kept-list] progress")) return;
  delete form.waits;
  form.requestSubmit(waits.submitter);
}

function send(input, file) {
  const form = input.form, list = form.querySelector("[data-kept-list]"), chip = document.createElement("span");
  const name = document.createElement("span"), bar = document.createElement("progress");
  chip.className = "file";
  name.className = "file-name";
  name.dir = "auto";
  name.textContent = bar.ariaLabel = file.name;
  bar.max = 1;
  chip.append(name, bar);
  list.append(chip);
  const data = new FormData(), request = new XMLHttpRequest();
  data.set("files", file);
  data.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
  request.upload.onprogress = (event) => (bar.value = event.loaded / event.total);
  request.onload = () => {
    if (![200, 422].includes(request.status) || !request.responseText.includes("class=\"file\"")) return stay(input, file, chip);
    chip.outerHTML = request.responseText;
    form.dispatchEvent(new Event("input", { bubbles: true })); // the draft has another file
  };
  request.onerror = () => stay(input, file, chip);
  request.onloadend = () => goOn(form);
  request.open("POST", input.dataset.upload);
  request.send(data);
}

function stay(input, file, chip) {
  const files = new DataTransfer();
  for (const one of [...input.files, file]) files.items.add(one);
  input.files = files.files;
  chip.querySelector("progress").replaceWith("…");
}
