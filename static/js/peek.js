// [data-peek]: a look at the ticket of a row, which stays unread. The key that opened it closes it,
// j and k look at the rows around it, o opens the ticket.
import { pressed } from "./keys.js";
import { open } from "./layer.js";

export async function peek(link, step) {
  const sheet = await open(`${link.pathname}peek/`, "[data-peek]", link);
  sheet?.addEventListener("keydown", (event) => {
    const key = pressed(event);
    if (key === "space" && event.target.closest("a, button")) return;
    if (key === "space") sheet.close();
    else if (key === "o") link.click();
    else if (key === "j" || key === "k") {
      sheet.close();
      peek(step(key === "j" ? 1 : -1), step);
    } else return;
    event.preventDefault();
  });
}
