/** A microphone's sound as a WAV file: at most a few seconds, one channel, 16 bits. */

import { show } from "../core/dialog.js";
import { make } from "../core/dom.js";
import { tell } from "../core/notices.js";

const SECONDS = 3;

/** Samples from -1 to 1 -> WAV. @param {Float32Array} samples @param {number} rate of samples, 1/s */
export function wav(samples, rate) {
  const view = new DataView(new ArrayBuffer(44 + 2 * samples.length));
  const text = (at, word) => [...word].forEach((letter, k) => view.setUint8(at + k, letter.charCodeAt(0)));
  text(0, "RIFF");
  view.setUint32(4, 36 + 2 * samples.length, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, 2 * rate, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, "data");
  view.setUint32(40, 2 * samples.length, true);
  samples.forEach((v, k) => view.setInt16(44 + 2 * k, Math.round(32767 * Math.max(-1, Math.min(1, v))), true));
  return new Blob([view.buffer], { type: "audio/wav" });
}

/** What a browser recorded, in whatever format it likes -> WAV. @param {Blob} blob */
async function decoded(blob) {
  const context = new AudioContext();
  try {
    const buffer = await context.decodeAudioData(await blob.arrayBuffer());
    const mono = new Float32Array(Math.min(buffer.length, Math.ceil(SECONDS * buffer.sampleRate)));
    for (let c = 0; c < buffer.numberOfChannels; c++) buffer.getChannelData(c).subarray(0, mono.length).forEach((v, k) => (mono[k] += v / buffer.numberOfChannels));
    return wav(mono, buffer.sampleRate);
  } finally {
    context.close();
  }
}

/** Record for up to three seconds. @param {(blob: Blob) => void} take called with a WAV, unless the person closes the dialog */
export async function record(take) {
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  } catch {
    tell("The microphone can't be used; allow it in the browser, or choose a file.", "own-item");
    return;
  }
  const recorder = new MediaRecorder(stream);
  const parts = [];
  let wanted = false;
  const left = make("progress", { max: SECONDS, value: 0, "aria-label": "Seconds recorded" });
  const button = make("button", { type: "button", class: "button primary", text: "Done", click: () => finish() });
  const dialog = show("Say something", make("p", { class: "note", text: `Recording, for up to ${SECONDS} seconds.` }), left, button);
  const began = performance.now();
  const clock = setInterval(() => {
    left.value = (performance.now() - began) / 1000;
    if (left.value >= SECONDS) finish();
  }, 100);
  const finish = () => {
    wanted = true;
    dialog.close();
  };
  dialog.addEventListener(
    "close",
    () => {
      clearInterval(clock);
      recorder.stop();
    },
    { once: true },
  );
  recorder.addEventListener("dataavailable", ({ data }) => parts.push(data));
  recorder.addEventListener("stop", async () => {
    stream.getTracks().forEach((track) => track.stop());
    if (!wanted) return;
    try {
      take(await decoded(new Blob(parts, { type: recorder.mimeType })));
    } catch {
      tell("Nothing could be made of the recording; try again, or choose a file.", "own-item");
    }
  });
  recorder.start();
}
