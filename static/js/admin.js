// The admin site: names for controls that unfold and select2 leave without one.
const nameChoosers = () => {
  for (const box of document.querySelectorAll(".select2-container")) {
    const select = box.previousElementSibling;
    const label = select?.id && document.querySelector(`label[for="${CSS.escape(select.id)}"]`);
    const name = select?.getAttribute("aria-label") ?? label?.textContent.replace("*", "").trim();
    if (!name) continue;
    for (const part of box.querySelectorAll("[role=combobox], [role=textbox], [role=searchbox], .select2-search__field")) {
      if (!part.hasAttribute("aria-label")) part.setAttribute("aria-label", name);
    }
    box.querySelector("ul.select2-selection__rendered")?.setAttribute("role", "presentation");
  }
  for (const search of document.querySelectorAll(".select2-dropdown .select2-search__field:not([aria-label])")) {
    search.setAttribute("aria-label", search.closest(".select2-dropdown").getAttribute("aria-label") ?? document.title);
  }
};

const makeToggles = () => {
  const word = document.getElementById("nav")?.getAttribute("aria-label");
  for (const toggle of document.querySelectorAll("#header-inner span[x-on\\:click]")) {
    toggle.setAttribute("role", "button");
    toggle.setAttribute("tabindex", "0");
    if (word) toggle.setAttribute("aria-label", word);
    toggle.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      toggle.click();
    });
  }
};

addEventListener("DOMContentLoaded", () => {
  document.getElementById("main")?.setAttribute("role", "main");
  makeToggles();
  nameChoosers();
  new MutationObserver(nameChoosers).observe(document.body, { childList: true, subtree: true });
});
