/** onnxruntime-web: opens models, and runs them on WebAssembly with SIMD; on several threads where the page may share memory. */

import { unbase64 } from "../compute/link.js";
import { source } from "../core/files.js";
import { fallback } from "./errors.js";
import { bytes } from "./tensors.js";

const FOLDER = new URL("../ort/", import.meta.url);
const LIBRARY = "ort.wasm.bundle.min.js";
const BINARY = "ort-wasm-simd-threaded.wasm";
const GPU_LIBRARY = "ort.webgpu.bundle.min.js";
const GPU_BINARY = "ort-wasm-simd-threaded.asyncify.wasm";
const MOST_THREADS = 4;
// The smallest graph that there is: one number in, the same out. Opening it makes the library compile its WebAssembly.
const SMALLEST = "CAgSADo3ChAKAXgSAXkiCElkZW50aXR5EgFnWg8KAXgSCgoICAESBAoCCAFiDwoBeRIKCggIARIECgIIAUIECgAQDQ";

/** Half of the cores: the page, and the rest of the machine, need some too. */
const threads = () => (self.crossOriginIsolated ? Math.max(1, Math.min(MOST_THREADS, Math.floor(navigator.hardwareConcurrency / 2))) : 1);

async function unpacked(url) {
  const [file, { unlzma }] = await Promise.all([bytes(url), import("./lzma.js")]);
  return unlzma(new Uint8Array(file)).buffer;
}

export class Runtime {
  /** @param {boolean} packed the binary lies there packed, as on a static site */
  static async load(packed) {
    try {
      const ort = await import(source(new URL(LIBRARY, FOLDER)));
      const { wasm } = ort.env;
      wasm.numThreads = threads();
      if (packed) wasm.wasmBinary = await unpacked(new URL(`${BINARY}.lzma`, FOLDER));
      else wasm.wasmPaths = { wasm: new URL(BINARY, FOLDER).href };
      const runtime = new Runtime(ort);
      await (await runtime.session(unbase64(SMALLEST), [])).close();
      return runtime;
    } catch (error) {
      throw fallback(`the runtime can't be loaded: ${error.message}`);
    }
  }

  /**
   * The same on WebGPU, another library; null where there is no graphics card.
   * @param {boolean} software an adapter that only imitates one will do
   */
  static async gpu(software) {
    const adapter = await navigator.gpu?.requestAdapter();
    if (!adapter || (!software && (adapter.info?.isFallbackAdapter ?? adapter.isFallbackAdapter))) return null;
    const ort = await import(new URL(GPU_LIBRARY, FOLDER));
    ort.env.wasm.numThreads = 1;
    ort.env.wasm.wasmPaths = { wasm: new URL(GPU_BINARY, FOLDER).href };
    return new Runtime(ort, "webgpu");
  }

  constructor(ort, provider = "wasm") {
    Object.assign(this, { ort, provider, turn: Promise.resolve() });
  }

  get threads() {
    return this.ort.env.wasm.numThreads;
  }

  /** @param {Uint8Array} file a graph @param {{path: string, data: Uint8Array}[]} externalData the weights that it names */
  async session(file, externalData) {
    const options = { executionProviders: [this.provider], graphOptimizationLevel: "all", externalData };
    return new Session(this, await this.ort.InferenceSession.create(file, options));
  }

  /** One run at a time: the runtime has one memory for all of them. */
  queue(work) {
    const done = this.turn.then(work);
    this.turn = done.catch(() => {});
    return done;
  }
}

/** A model that is open. */
class Session {
  constructor(runtime, session) {
    Object.assign(this, { runtime, session });
    this.shapes = Object.fromEntries(session.inputMetadata.map(({ name, shape }) => [name, shape]));
  }

  /** @param {Object<string, Float32Array>} inputs @returns {Promise<Float32Array>} */
  run(inputs) {
    const { Tensor } = this.runtime.ort;
    return this.runtime.queue(async () => {
      const feeds = Object.fromEntries(this.session.inputNames.map((name) => [name, new Tensor("float32", inputs[name], this.shapes[name])]));
      const { out } = await this.session.run(feeds);
      return out.data;
    });
  }

  close() {
    return this.session.release();
  }
}
