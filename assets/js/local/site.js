/** The page of a static site: the same page, answered here alone. Called from the site's index.html. */

import { act, site } from "./alone.js";
import { intercept } from "./save.js";
import { start } from "../main.js";

const root = document.getElementById("workspace");
root.dataset.alone = "";
root.dataset.files = site.files.join(" ");
intercept();
start({ element: document.body, server: { act } });
