/** What the colours mean; pressing a value hides or shows its items. */

import { count, make, unitOf } from "../core/dom.js";

/**
 * @param {HTMLElement} host
 * @param {object|null} attribute that colours the points
 * @param {{colours: string[], ramp?: string[]}} colouring
 * @param {Uint8Array|null} codes
 * @param {string[]} hidden `attribute:value` of the view
 * @param {(key: string, alone: boolean) => void} toggle `alone`: show only this one
 * @param {{low: number, high: number, under: number, over: number}|null} [limits] of the colours of a continuous attribute
 */
export function legend(host, attribute, colouring, codes, hidden, toggle, limits = null) {
  if (!attribute) {
    host.replaceChildren();
    return;
  }
  if (attribute.kind === "continuous") {
    const stops = colouring.ramp.join(",");
    const unit = unitOf(attribute);
    const { low, high, under, over } = limits ?? { ...attribute, under: 0, over: 0 };
    const said = (v) => (v === attribute.low || v === attribute.high ? v : Number(v.toPrecision(3)));
    const end = (v, beyond, sign) =>
      make("span", { class: "ramp-end", text: `${beyond ? `${sign} ` : ""}${said(v)}${unit}`, ...(beyond ? { "data-term": "colour limits", tabindex: 0, title: `${count(beyond)} items lie beyond` } : {}) });
    const beyond = [under && `${count(under)} items lie below`, over && `${count(over)} above`].filter(Boolean).map((one) => `, ${one}`).join("");
    host.replaceChildren(
      end(low, under, "≤"),
      make("span", { class: "ramp", style: `background:linear-gradient(to right,${stops})`, role: "img", "aria-label": `${attribute.label}, from ${said(low)} to ${said(high)}${unit}${beyond}` }),
      end(high, over, "≥"),
    );
    return;
  }
  const tally = new Uint32Array(256);
  codes?.forEach((code) => tally[code]++);
  const keys = attribute.values.map((value) => `${attribute.name}:${value}`);
  host.replaceChildren(
    ...attribute.values.map((value, k) =>
      make(
        "button",
        {
          type: "button",
          class: "legend-value",
          "data-value": value,
          "aria-pressed": String(!hidden.includes(keys[k])),
          title: "Hide or show; with Alt show only this one",
          click: (event) => toggle(keys[k], event.altKey ? keys.filter((other) => other !== keys[k]) : null),
        },
        make("span", { class: "dot", style: `--colour:${colouring.colours[k]}` }),
        make("span", { text: value }),
        make("small", { text: count(tally[k]) }),
      ),
    ),
  );
}

/** What is hidden after a press on a value. @param {string[]} hidden `attribute:value` @param {string} key the one pressed @param {string[]|null} others to show it alone */
export function toggled(hidden, key, others) {
  const rest = hidden.filter((one) => !one.startsWith(`${key.split(":")[0]}:`));
  if (others) return others.every((one) => hidden.includes(one)) ? rest : [...rest, ...others];
  return hidden.includes(key) ? hidden.filter((one) => one !== key) : [...hidden, key];
}
