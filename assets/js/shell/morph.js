/** Change what is there into new HTML with as few touches as possible: pictures don't flicker, focus and sliders stay. */

/**
 * @param {Element} host
 * @param {string} html of its new content
 */
export function morph(host, html) {
  const next = document.createElement("template");
  next.innerHTML = html;
  children(host, next.content);
}

function children(from, to) {
  const fresh = [...to.childNodes];
  fresh.forEach((node, k) => {
    const old = from.childNodes[k];
    if (!old) from.append(node);
    else if (!same(old, node)) old.replaceWith(node);
    else if (old.nodeType === Node.ELEMENT_NODE) element(old, node);
    else if (old.nodeValue !== node.nodeValue) old.nodeValue = node.nodeValue;
  });
  while (from.childNodes.length > fresh.length) from.lastChild.remove();
}

const same = (a, b) => a.nodeType === b.nodeType && a.nodeName === b.nodeName && (a.id ?? "") === (b.id ?? "") && a.type === b.type;

function element(old, node) {
  for (const { name } of [...old.attributes]) if (!node.hasAttribute(name) && !keeps(old, name)) old.removeAttribute(name);
  for (const { name, value } of node.attributes) if (old.getAttribute(name) !== value && !keeps(old, name)) old.setAttribute(name, value);
  if (old.nodeName === "INPUT" || old.nodeName === "TEXTAREA") field(old, node);
  else if (!("ownReadings" in old.dataset)) children(old, node);
  if (old.nodeName === "SELECT") old.value = node.value;
}

// What the browser alone knows: whether details are open, and the picture of a person's own item.
const keeps = (old, name) => (old.nodeName === "DETAILS" && name === "open") || (("ownPicture" in old.dataset || "ownSound" in old.dataset) && (name === "src" || name === "hidden"));

function field(old, node) {
  if (old.type === "radio" || old.type === "checkbox") old.checked = node.checked;
  else if (old.type === "range" ? !old.matches("[data-eager]:active") : old !== document.activeElement) old.value = node.value;
}
