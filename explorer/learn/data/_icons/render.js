// Renders Phosphor icons: one name a line on stdin, raw pictures of their ink on stdout (one byte a pixel, 255 is ink).
//
// Names are those of Iconify's `ph`: `alarm` (regular), `alarm-thin`, `alarm-light`, `alarm-bold`, `alarm-fill`.
// Usage: node render.js SIZE < names > pictures; node render.js names > all names, one a line
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Resvg } from '@resvg/resvg-js';

const { icons } = JSON.parse(readFileSync(new URL('node_modules/@iconify-json/ph/icons.json', import.meta.url)));

function draw(name, size) {
  const body = icons[name].body.replaceAll('currentColor', '#fff');
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 256 256">${body}</svg>`;
  const { pixels } = new Resvg(svg, { background: '#000', fitTo: { mode: 'width', value: size } }).render();
  const ink = Buffer.allocUnsafe(size * size);
  for (let k = 0; k < ink.length; k++) ink[k] = pixels[4 * k];
  return ink;
}

if (process.argv[2] === 'names') {
  console.log(Object.keys(icons).join('\n'));
} else {
  const size = Number(process.argv[2]);
  for await (const name of createInterface({ input: process.stdin })) {
    if (!process.stdout.write(draw(name, size))) {
      await new Promise((resolve) => process.stdout.once('drain', resolve));
    }
  }
}
