/*
 * The script within a page of one file, which isn't a module: takes the page's styles, scripts and models out of the text at the
 * document's end, and begins. explorer/page/serving/packed.py says how they lie there. ASCII alone.
 */
(async () => {
  "use strict";
  const ESCAPE = 0x1b;
  const SHIFT = 64;
  const START = '<script type="text/plain" id="box">';
  const END = "</" + "script>";
  const CHARSET = "windows-1252"; // in which each byte is a character of its own
  const ROOM = 65521;
  const waits = document.getElementById("unpacking");

  /** The packed text. A host that says in which characters it sends what it sends has changed what the document holds. */
  async function text() {
    if (document.characterSet === CHARSET) return document.getElementById("box").textContent;
    const whole = new TextDecoder(CHARSET).decode(await (await fetch(location.href)).arrayBuffer());
    const from = whole.indexOf(START) + START.length;
    return whole.slice(from, whole.indexOf(END, from));
  }

  const characters = () => new TextDecoder(CHARSET).decode(Uint8Array.from({ length: 256 }, (_, k) => k));

  function bytes(packed, length) {
    const of = new Uint8Array(1 << 16);
    for (let k = 0, all = characters(); k < 256; k++) of[all.charCodeAt(k)] = k;
    const out = new Uint8Array(length);
    let [at, a, b] = [0, 1, 0];
    for (let k = 0; k < packed.length; k++) {
      let byte = of[packed.charCodeAt(k)];
      if (byte === ESCAPE) byte = (of[packed.charCodeAt(++k)] - SHIFT) & 255;
      out[at++] = byte;
      a += byte;
      b += a;
      if ((at & 4095) === 0) [a, b] = [a % ROOM, b % ROOM];
    }
    return { out, at, sum: (((b % ROOM) << 16) | a % ROOM) >>> 0 }; // Adler-32
  }

  const unzipped = async (data) => new Uint8Array(await new Response(new Blob([data]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer());

  try {
    if (!self.DecompressionStream) throw new Error("this browser is too old: Chrome 80, Firefox 113 and Safari 16.4 can");
    const packed = await text();
    const index = document.getElementById("box-index").textContent;
    const { length, sum, files: places } = JSON.parse(index);
    const { out, at, sum: found } = bytes(packed, length);
    if (at !== length || found !== sum) throw new Error("the file didn't arrive whole; copy it once more");
    const files = {};
    await Promise.all(Object.entries(places).map(async ([path, { at: [start, end], gzip, planes = 1 }]) => {
      const data = out.subarray(start, end);
      files[path] = { data: gzip ? await unzipped(data) : data, planes };
    }));
    const url = (path, type) => URL.createObjectURL(new Blob([files[path].data], { type }));
    const read = (path) => new TextDecoder().decode(files[path].data);
    const style = document.createElement("style");
    style.textContent = read("css/site.css").replace(/\.\.\/(font\/[\w-]+\.woff2)/g, (_, path) => url(path, "font/woff2"));
    document.head.append(style);
    const copy = () => {
      const [before, between, after] = read("shell.html").split("\0");
      const of = new Map(Array.from(characters(), (one, k) => [one, k]));
      return new Blob([before, index, between, Uint8Array.from(packed, (one) => of.get(one)), after], { type: "text/html" });
    };
    self.held = { base: new URL(".", document.baseURI).href, files, copy };
    waits.remove();
    await import(url("js/shell/site.js", "text/javascript"));
  } catch (error) {
    document.body.prepend(waits);
    waits.textContent = "This page can't be opened: " + error.message + ".";
  }
})();
