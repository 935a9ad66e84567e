/** Something a person asked for can't be done: one clear sentence, and the id of the element to show it at. See `ExplorerError` of explorer/core/schema.py. */
export class ExplorerError extends Error {
  /** @param {string} sentence @param {string} where */
  constructor(sentence, where = "stage") {
    super(sentence);
    Object.assign(this, { name: "ExplorerError", sentence, where });
  }
}

/** A request that nobody waits for any more. */
export const overtaken = () => new DOMException("overtaken", "AbortError");
