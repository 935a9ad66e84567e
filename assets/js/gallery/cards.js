/** What the picker and the reading room share: words of a search, and the card that an arrow key leads to. */

/** @param {string} text of a search field @returns {string[]} its words, lower case */
export const words = (text) => text.toLowerCase().split(/\s+/).filter(Boolean);

const PACE = { ArrowRight: 1, ArrowLeft: -1 };

/**
 * The card to which a key leads, over the rows of a grid that wraps.
 * @param {HTMLElement[]} cards in order @param {number} at the one that has the focus @param {string} key
 * @returns {HTMLElement|null}
 */
export function neighbour(cards, at, key) {
  if (key in PACE) return cards[at + PACE[key]] ?? null;
  if (key === "Home") return cards[0];
  if (key === "End") return cards.at(-1);
  if (key !== "ArrowUp" && key !== "ArrowDown") return null;
  const here = cards[at].getBoundingClientRect();
  const ahead = cards
    .map((card) => ({ card, box: card.getBoundingClientRect() }))
    .filter(({ box }) => (key === "ArrowDown" ? box.top > here.top + 4 : box.top < here.top - 4))
    .sort((a, b) => Math.abs(a.box.top - here.top) - Math.abs(b.box.top - here.top));
  const row = ahead.filter(({ box }) => Math.abs(box.top - ahead[0].box.top) < 4);
  return row.sort((a, b) => Math.abs(a.box.left - here.left) - Math.abs(b.box.left - here.left))[0]?.card ?? null;
}
