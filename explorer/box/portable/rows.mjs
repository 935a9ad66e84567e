// Runs models on rows of inputs in onnxruntime-web's WebAssembly: node rows.mjs DIST FOLDER; see runtime.py.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [dist, folder] = process.argv.slice(2);
const ort = await import(pathToFileURL(join(dist, "ort.wasm.bundle.min.mjs")).href);
ort.env.wasm.numThreads = 1;
ort.env.wasm.wasmBinary = readFileSync(join(dist, "ort-wasm-simd-threaded.wasm"));

const floats = (name) => {
  const bytes = readFileSync(join(folder, name));
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
};

const jobs = JSON.parse(readFileSync(join(folder, "jobs.json"), "utf8"));
const answers = {};
for (const [job, shapes] of Object.entries(jobs)) {
  try {
    answers[job] = { shape: await run(job, shapes) };
  } catch (error) {
    answers[job] = { error: String(error.message ?? error) };
  }
}
console.log(JSON.stringify(answers));

/** One row at a time, as the page does. */
async function run(job, shapes) {
  const all = readFileSync(join(folder, `${job}-weights.bin`));
  let at = 0;
  const externalData = Object.entries(JSON.parse(readFileSync(join(folder, `${job}-weights.json`), "utf8"))).map(([path, size]) => {
    at += size;
    return { path, data: new Uint8Array(all.subarray(at - size, at)) };
  });
  const session = await ort.InferenceSession.create(readFileSync(join(folder, `${job}.onnx`)), { executionProviders: ["wasm"], externalData });
  const inputs = Object.entries(shapes)
    .filter(([name]) => session.inputNames.includes(name))
    .map(([name, shape]) => ({ name, size: shape.slice(1).reduce((a, b) => a * b, 1), row: [1, ...shape.slice(1)], values: floats(`${job}-${name}.bin`) }));
  const count = Object.values(shapes)[0][0];
  let out = null;
  let shape = null;
  for (let k = 0; k < count; k++) {
    const feeds = Object.fromEntries(inputs.map(({ name, size, row, values }) => [name, new ort.Tensor("float32", values.slice(k * size, (k + 1) * size), row)]));
    const given = (await session.run(feeds)).out;
    out ??= new Float32Array(count * given.data.length);
    shape = [count, ...given.dims.slice(1)];
    out.set(given.data, k * given.data.length);
  }
  writeFileSync(join(folder, `${job}.out`), new Uint8Array(out.buffer));
  await session.release();
  return shape;
}
