/** Numbers as Python writes them; see `../compute/numbers.js`. */
export * from "../compute/numbers.js";
