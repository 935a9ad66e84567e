/** What can't be done here: either the server can, or nobody can. Both travel from the worker to the page. */

/** Something that only the server can answer. @param {string} why */
export function fallback(why) {
  return Object.assign(new Error(why), { fallback: true });
}

/** An error as a message can carry it; what nobody foresaw is for the server to try. */
export function flat(error) {
  const { message, sentence, where } = error;
  return { message, sentence, where, fallback: !sentence };
}

/** The inverse. */
export function raised({ message, ...rest }) {
  return Object.assign(new Error(message), rest);
}
