// The sheet of keys: [data-keys-sheet].
import { open } from "./layer.js";

export const show = () => open("/shortcuts/", "[data-keys-sheet]");
