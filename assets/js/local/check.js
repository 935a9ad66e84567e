/**
 * Checks of what anyone can send: each takes a raw value and gives it whole and typed, or throws a `Misfit` that names the
 * place. The sentences are those of the server's checks (pydantic), so that both paths say the same.
 */

/** What doesn't fit, and where. */
export class Misfit extends Error {
  /** @param {string} sentence @param {(string|number)[]} place */
  constructor(sentence, place = []) {
    super(sentence);
    this.place = place;
  }

  /** The same, one level up. */
  under(name) {
    return new Misfit(this.message, [name, ...this.place]);
  }
}

const fail = (sentence) => {
  throw new Misfit(sentence);
};

function within(value, { ge, le, lt }) {
  if (ge !== undefined && value < ge) fail(`Input should be greater than or equal to ${ge}`);
  if (le !== undefined && value > le) fail(`Input should be less than or equal to ${le}`);
  if (lt !== undefined && value >= lt) fail(`Input should be less than ${lt}`);
  return value;
}

/** A finite number. @param {{ge?: number, le?: number, lt?: number}} span */
export const float = (span = {}) => (value) => {
  if (typeof value !== "number") fail("Input should be a valid number");
  if (!Number.isFinite(value)) fail("Input should be a finite number");
  return within(value, span);
};

/** A whole number. @param {{ge?: number, le?: number, lt?: number}} span */
export const int = (span = {}) => (value) => {
  if (typeof value !== "number") fail("Input should be a valid integer");
  if (!Number.isInteger(value)) fail("Input should be a valid integer, got a number with a fractional part");
  return within(value, span);
};

/** Text. @param {{most?: number, pattern?: RegExp}} how */
export const text = ({ most = Infinity, pattern = null } = {}) => (value) => {
  if (typeof value !== "string") fail("Input should be a valid string");
  if (value.length > most) fail(`String should have at most ${most} characters`);
  if (pattern && !pattern.test(value)) fail(`String should match pattern '${pattern.source}'`);
  return value;
};

/** Yes or no. */
export function bool(value) {
  if (typeof value === "boolean") return value;
  return fail(`Input should be a valid boolean${["string", "number"].includes(typeof value) ? ", unable to interpret input" : ""}`);
}

/** One of some words. @param {...string} all */
export const literal = (...all) => (value) => {
  const quoted = all.map((one) => (typeof one === "string" ? `'${one}'` : one));
  const said = quoted.length > 1 ? `${quoted.slice(0, -1).join(", ")} or ${quoted.at(-1)}` : quoted[0];
  return all.includes(value) ? value : fail(`Input should be ${said}`);
};

/** Whatever JSON can say. */
export const json = (value) => value;

/** Nothing, or what `kind` takes. */
export const optional = (kind) => (value) => (value === null || value === undefined ? null : kind(value));

const isTable = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

/** Names to values. */
export const table = (kind) => (value) => {
  if (!isTable(value)) fail("Input should be a valid dictionary");
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, inside(kind, one, name)]));
};

/** A row of values. @param {{least?: number, most?: number}} how */
export const row = (kind, { least = 0, most = Infinity } = {}) => (value) => {
  if (!Array.isArray(value)) fail("Input should be a valid tuple");
  const items = (n) => `${n} item${n === 1 ? "" : "s"}`;
  if (value.length > most) fail(`Tuple should have at most ${items(most)} after validation, not ${value.length}`);
  const whole = value.map((one, k) => inside(kind, one, k));
  if (value.length < least) fail(`Tuple should have at least ${items(least)} after validation, not ${value.length}`);
  return whole;
};

function inside(kind, value, name) {
  try {
    return kind(value);
  } catch (error) {
    throw error instanceof Misfit ? error.under(name) : error;
  }
}

/**
 * A record: every field with its check, and what stands for one that is left out; a field nobody knows doesn't fit.
 * @param {string} title what the server calls it
 * @param {Object<string, [Function, any?]>} fields name -> [check, default]; without a default the field must be there
 */
export const record = (title, fields) => (value) => {
  if (!isTable(value)) fail(`Input should be a valid dictionary or instance of ${title}`);
  const whole = {};
  for (const [name, [kind, ...otherwise]] of Object.entries(fields)) {
    if (Object.hasOwn(value, name)) whole[name] = inside(kind, value[name], name);
    else if (otherwise.length) whole[name] = structuredClone(otherwise[0]);
    else throw new Misfit("Field required", [name]);
  }
  const stray = Object.keys(value).find((name) => !Object.hasOwn(fields, name));
  if (stray !== undefined) throw new Misfit("Extra inputs are not permitted", [stray]);
  return whole;
};
