/** When the first pictures stand. What they don't need is asked for no earlier, so that nothing travels beside them. */

import { byId } from "./dom.js";

/** The page's scripts run: what its document says otherwise goes. */
export const begun = () => byId("unstarted")?.remove();

let arrive;
let stand;
let between = async () => {};

/** Resolves once the files of the first pictures are here, and the line is free. @type {Promise<void>} */
export const arrived = new Promise((done) => (arrive = done));

/** Say that they are. */
export const arrives = () => arrive();

/** Resolves once map, stage and the first row of a tab are there, or it is plain that they won't come. @type {Promise<void>} */
export const standing = new Promise((done) => (stand = done));

/** What is to be done before anything else is asked for. @param {() => Promise<void>} work never rejects */
export const first = (work) => (between = work);

/** Say that they are. */
export function stands() {
  arrive();
  between().then(stand);
  between = async () => {};
}
