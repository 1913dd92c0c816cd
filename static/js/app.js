// Every behaviour of the shell; each attaches itself by its data- attribute.
import "./theme.js";
import "./menu.js";
import "./drawer.js";
import "./toast.js";
import "./keys.js";
import "./drop.js";
import "./markdown.js";
import "./autosize.js";
import "./composer.js";
import "./copy.js";
import "./summary.js";
