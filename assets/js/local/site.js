/** The page of a static site: the same page, answered here alone. Called from the site's index.html. */

import { act, site } from "./alone.js";
import { intercept } from "./save.js";
import { start } from "../main.js";

const root = document.getElementById("workspace");
root.dataset.alone = "";
root.dataset.files = site.files.join(" ");
document.getElementById("reading-room")?.remove(); // its exhibits are played on all checkpoints, and measured by Python
root.querySelector('[data-slot="caption"]').innerHTML = '<p class="note">Fetching the model, which then runs in this browser …</p>';
intercept();
start({ element: document.body, server: { act } });
