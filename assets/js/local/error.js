/** What goes wrong: a sentence for a person, and the place to show it at. */

/** Something a person asked for can't be done: one clear sentence, and the id of the element to show it at. See `schema.ExplorerError`. */
export class ExplorerError extends Error {
  /** @param {string} sentence @param {string} where */
  constructor(sentence, where = "stage") {
    super(sentence);
    this.name = "ExplorerError";
    this.where = where;
  }
}

/** What an error has to say to a person, of ours or of the engine's; null where it has nothing. @returns {{sentence: string, where: string}|null} */
export function told(error) {
  if (error instanceof ExplorerError) return { sentence: error.message, where: error.where };
  return error?.sentence ? { sentence: error.sentence, where: error.where ?? "stage" } : null;
}
