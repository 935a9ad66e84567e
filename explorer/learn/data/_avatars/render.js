// Renders Open Peeps avatars: one JSON spec a line on stdin, raw RGB pictures on stdout.
//
// A spec names every part, so no seed decides anything:
//   {head, face, accessories, facialHair, skinColor, clothingColor, headContrastColor, flip, rotate, scale}
// `accessories` and `facialHair` may be null. `rotate` is in degrees and `scale` a factor, both about the
// middle of the face. Usage: node render.js SIZE BACKGROUND < specs.jsonl > pictures.rgb
import { createInterface } from 'node:readline';
import { createAvatar } from '@dicebear/core';
import * as openPeeps from '@dicebear/open-peeps';
import { Resvg } from '@resvg/resvg-js';

// The square around head and shoulders: at 64 pixels the whole bust would leave the face some 15 pixels wide.
const VIEW = { x: 52, y: 50, side: 640 };
const PIVOT = { x: 372, y: 370 };

const [size, background] = [Number(process.argv[2]), process.argv[3]];

function draw(spec) {
  const parts = createAvatar(openPeeps, {
    head: [spec.head],
    face: [spec.face],
    accessories: spec.accessories ? [spec.accessories] : [],
    accessoriesProbability: spec.accessories ? 100 : 0,
    facialHair: spec.facialHair ? [spec.facialHair] : [],
    facialHairProbability: spec.facialHair ? 100 : 0,
    maskProbability: 0,
    skinColor: [spec.skinColor],
    clothingColor: [spec.clothingColor],
    headContrastColor: [spec.headContrastColor],
  }).toString();
  // DiceBear's mask would cut the shoulders off where a tilt lifts their lower edge into view.
  const body = parts
    .slice(parts.indexOf('>') + 1, parts.lastIndexOf('</svg>'))
    .replace('mask="url(#viewboxMask)"', '');
  const { x, y } = PIVOT;
  const place =
    `translate(${x} ${y}) scale(${spec.flip ? -spec.scale : spec.scale} ${spec.scale}) ` +
    `rotate(${spec.rotate}) translate(${-x} ${-y})`;
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${VIEW.x} ${VIEW.y} ${VIEW.side} ${VIEW.side}" ` +
    `fill="none"><g transform="${place}">${body}</g></svg>`;
  return new Resvg(svg, { background, fitTo: { mode: 'width', value: size } }).render().pixels;
}

function withoutAlpha(rgba) {
  const rgb = Buffer.allocUnsafe((rgba.length / 4) * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) {
    rgb[to] = rgba[from];
    rgb[to + 1] = rgba[from + 1];
    rgb[to + 2] = rgba[from + 2];
  }
  return rgb;
}

for await (const line of createInterface({ input: process.stdin })) {
  if (!process.stdout.write(withoutAlpha(draw(JSON.parse(line))))) {
    await new Promise((resolve) => process.stdout.once('drain', resolve));
  }
}
