/** Text that its line is too short for shows itself whole to a pointer that rests on it, and to the focus. */

const CUT = "h2, h3, strong, label, small, span, p, td, th, figcaption, button, output";

/** @param {HTMLElement} root */
export function titles(root) {
  const whole = (event) => {
    for (let node = event.target; node && node !== root; node = node.parentElement) {
      if (!node.matches?.(CUT)) continue;
      const cut = getComputedStyle(node).textOverflow === "ellipsis" && node.scrollWidth > node.clientWidth;
      if (cut && !node.title) Object.assign(node, { title: node.innerText.trim() }).dataset.cut = "";
      else if (!cut && "cut" in node.dataset) {
        node.removeAttribute("title");
        delete node.dataset.cut;
      }
    }
  };
  root.addEventListener("pointerover", whole);
  root.addEventListener("focusin", whole);
}
