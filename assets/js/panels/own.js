/** Own item: how well the model knows it, what the judge reads in it and how to correct that, and its neighbours. Its pictures are on stage. */

import { compute } from "../compute/compute.js";
import { number, percent } from "../compute/numbers.js";
import { item } from "./point.js";
import { cell } from "./tab.js";
import { rule, trusts } from "./trust.js";
import * as words from "./words.js";

const NEAREST = 6;
const POOR = 0.01; // reconstructed worse than all but this share of the items
const UNSURE = 0.5;
const OPTIONS = { type: "object", properties: {} };

/**
 * @param {import("./facts.js").Facts} facts @param {object} scene
 * @param {{own: (sha256: string) => object|undefined}} kept what this browser keeps of the person's items
 * @returns {Promise<{nodes: object[], overlay: object}>}
 */
export async function panel(facts, scene, kept) {
  facts.options(scene, "own", OPTIONS);
  const { start } = scene;
  if (!("sha256" in start)) return { nodes: invitation(facts), overlay: {} };
  const mine = { start, condition: {}, edits: [] };
  const [[trust], [near]] = await Promise.all([trusts(facts, [mine]), compute.neighbours([mine], NEAREST)]);
  const place = trust.far ? "farther than 99 of 100 real items lie from each other" : "as real items lie from each other";
  const nodes = [
    ...(await readings(facts, kept.own(start.sha256), trust)),
    ...corrections(facts, start),
    { kind: "strip", id: "own-nearest", title: "Nearest items", cells: near.map(([index]) => cell(item(index), { caption: `item ${index}` })) },
    { kind: "note", id: "own-place", text: `It lies ${trust.text} from real items: ${place}. ${rule(facts)}` },
    { kind: "row", id: "own-end", inside: [...reframe(facts, kept.own(start.sha256)), { kind: "button", id: "own-other", text: `Another ${facts.noun}`, look: "plain", do: "own-file" }] },
  ];
  return { nodes, overlay: {} };
}

/** A picture that is here can be put in its frame by hand. */
const reframe = (facts, mine) =>
  mine?.source && facts.model.modality.name === "image" ? [{ kind: "button", id: "own-frame", text: "Move the frame", look: "plain", do: "own-crop" }] : [];

/** How well the model knows it; one that came with a link alone was never seen here. */
async function readings(facts, mine, trust) {
  if (!mine) return [{ kind: "note", id: "own-unseen", text: `This ${facts.noun} came with a link: its latent is known, but not the ${facts.noun} itself.` }];
  const { searched } = mine;
  const { data } = searched ? { data: [] } : await compute.tensor("error");
  const share = searched ? 1 : data.reduce((worse, error) => worse + (error < mine.psnr), 0) / data.length;
  const read = Object.entries(mine.readings ?? {}).map(([name, r]) => ({ attribute: facts.attribute(name), ...r }));
  const warning = warn(share, trust.far, read);
  const sentence = searched ? sought(facts, mine) : `${facts.near(mine.psnr, `your ${facts.noun}`)}; ${facts.likeness(median(data))} is typical of this model's items, and ${percent(share)} of them come out worse.`;
  const rows = read.map((r) => [r.attribute.label, words.value(r.attribute, r.value), percent(r.probability)]);
  return [
    ...(mine.note ? [{ kind: "note", id: "own-note", text: mine.note }] : []),
    ...(warning ? [{ kind: "note", id: "own-warning", text: warning, tone: "warning" }] : []),
    { kind: "note", id: "own-readings", text: sentence },
    ...(rows.length ? [{ kind: "table", id: "own-read", label: "Attributes as read", columns: ["Attribute", "Read as", "Probability"], rows }] : []),
  ];
}

/** How the latent was found where no encoder gives it. */
const sought = ({ noun }, { searched, psnr }) =>
  `This model has no encoder: of ${searched.draws} draws the nearest were moved towards your ${noun} in ${searched.steps} steps. The nearest that it can make lies ${number(psnr, 1)} dB from it.`;

/** One sentence that names every sign that the item is unlike what the model knows, or what can't be read of it. */
function warn(share, far, read) {
  const unsure = read.filter(({ probability }) => probability < UNSURE).map(({ attribute }) => attribute.label.toLowerCase());
  const signs = [];
  if (share < POOR) signs.push("it comes back worse than almost any of the model's own items");
  if (far) signs.push("it lies farther from them than they lie from each other");
  if (!signs.length) return unsure.length ? `Its ${unsure.join(" and ")} can hardly be read; say below what it is.` : null;
  if (unsure.length) signs.push(`its ${unsure.join(" and ")} can hardly be read`);
  return `This is unlike anything the model knows: ${signs.join("; ")}. What follows from it is a guess.`;
}

function corrections(facts, start) {
  const fields = facts.attributes.map((a) => {
    const value = start.condition?.[a.name] ?? null;
    const id = `correct-${a.name}`;
    const sets = { path: `correct.${a.name}` };
    const { label, low, high } = a;
    const control =
      a.kind === "continuous"
        ? { kind: "slider", id, label, value: typeof value === "number" ? value : (low + high) / 2, low, high, step: (high - low) / 100, sets }
        : { kind: "select", id, label, choices: a.values.map((v) => ({ value: v, text: v })), value, sets };
    return { kind: "labelled", id: `field-${id}`, label, inside: [control] };
  });
  const said = { kind: "note", id: "correct-what", text: `Read from your ${facts.noun}. Correct what is wrong, and it is encoded again under what you say.` };
  return [{ kind: "section", id: "corrections", title: "Attributes", inside: [said, ...fields] }];
}

function invitation(facts) {
  const { device } = facts.model.modality;
  const where = facts.files
    ? "It stays in this browser: the model runs here, and nothing is sent anywhere."
    : "It goes to the server only to be encoded, and the server keeps nothing of it.";
  const buttons = [{ kind: "button", id: "own-choose", text: `Choose a ${facts.noun}`, look: "plain", do: "own-file" }];
  if (device) buttons.push({ kind: "button", id: "own-take", text: device === "keyboard" ? `Type a ${facts.noun}` : `${device === "microphone" ? "Record with" : "Use"} the ${device}`, look: "plain", do: `own-${device}` });
  return [
    {
      kind: "section", id: "own-drop", title: `Drop a ${facts.noun} here, or anywhere on the page; or paste one.`,
      inside: [
        { kind: "note", id: "own-how", text: `It is fitted to what this model takes, its attributes are read, and it becomes a point like any other: all tabs work on it. ${where}` },
        { kind: "row", id: "own-ways", inside: buttons },
      ],
    },
  ];
}

/** @param {ArrayLike<number>} values */
export function median(values) {
  const sorted = Float64Array.from(values).sort();
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}
