/** What can't be done here: either the server can, or nobody can. Both travel from the worker to the page. */

/** Something that only the server can answer. @param {string} why */
export function fallback(why) {
  return Object.assign(new Error(why), { fallback: true });
}

/** Something wrong with what was asked. @param {string} sentence for a person @param {string} where id of the element to show it at */
export function problem(sentence, where = "stage") {
  return Object.assign(new Error(sentence), { sentence, where });
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
