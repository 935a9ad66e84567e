/** A person's own item: chosen, dropped, pasted, or made with the camera or the microphone; fitted, read, corrected and encoded by the server. */

import { valueOf } from "./bind.js";
import { show } from "../core/dialog.js";
import { byId, make } from "../core/dom.js";
import { tell, toast, waiting } from "../core/notices.js";
import { record } from "./record.js";

const LARGEST = 8 << 20;
const TAB = "own";

const dataUrl = (blob) =>
  new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });

export class OwnItem {
  /** @param {import("../core/scene.js").Store} store @param {(request: object) => Promise<object>} ask */
  constructor(store, ask) {
    Object.assign(this, { store, ask, turn: 0, seen: new Map(), noun: "picture" });
    this.file = make("input", { type: "file", id: "own-file", class: "visually-hidden", tabindex: -1, change: () => this.chosen() });
    byId("own-item").after(this.file);
    byId("own-item").addEventListener("click", () => this.open());
    document.addEventListener("do-own-file", () => this.file.click());
    document.addEventListener("do-own-camera", () => this.camera());
    document.addEventListener("do-own-microphone", () => record((blob) => this.take(new File([blob], "recording.wav", { type: blob.type }))));
    store.on("model", ({ modality }) => {
      this.noun = modality.noun;
      this.file.accept = modality.accept;
      this.file.setAttribute("aria-label", `A ${modality.noun} of your own`);
    });
    document.addEventListener("panel", () => this.fill());
    document.addEventListener("change", (event) => event.target.dataset?.correct && this.correct(event.target));
    addEventListener("paste", (event) => this.pasted(event));
    this.dropping();
  }

  open() {
    if (this.store.scene) this.store.update((scene) => (scene.view.tab = TAB), { history: false });
    this.file.click();
  }

  chosen() {
    const [file] = this.file.files;
    this.file.value = "";
    if (file) this.take(file);
  }

  pasted(event) {
    const [file] = event.clipboardData?.files ?? [];
    if (!file) return;
    event.preventDefault();
    this.take(file);
  }

  dropping() {
    const veil = byId("drop");
    let inside = false; // a picture of the page itself is being dragged
    addEventListener("dragstart", () => (inside = true), true);
    addEventListener("dragend", () => (inside = false), true);
    let depth = 0;
    const ours = (event) => {
      if (inside || !event.dataTransfer?.types.includes("Files")) return false;
      event.preventDefault();
      event.stopPropagation();
      return true;
    };
    const veiled = (change) => {
      depth = Math.max(0, depth + change);
      veil.hidden = !depth;
    };
    addEventListener("dragenter", (event) => ours(event) && veiled(1), true);
    addEventListener("dragleave", (event) => ours(event) && veiled(-1), true);
    addEventListener("dragover", ours, true);
    addEventListener(
      "drop",
      (event) => {
        if (!ours(event)) return;
        veiled(-depth);
        const { files } = event.dataTransfer;
        const [file] = files;
        if (files.length > 1) toast(`Of ${files.length} files the first is taken: ${file.name}`);
        if (file) this.take(file);
      },
      true,
    );
  }

  async camera() {
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 640 } });
    } catch {
      tell("The camera can't be used; allow it in the browser, or choose a file.", "own-item");
      return;
    }
    const video = make("video", { autoplay: true, playsinline: true, class: "camera" });
    video.muted = true;
    video.srcObject = stream;
    const shoot = () => {
      const side = Math.min(video.videoWidth, video.videoHeight);
      const canvas = make("canvas", { width: 512, height: 512 });
      canvas.getContext("2d").drawImage(video, (video.videoWidth - side) / 2, (video.videoHeight - side) / 2, side, side, 0, 0, 512, 512);
      dialog.close();
      this.send(canvas.toDataURL("image/png"));
    };
    const dialog = show("Take a picture", video, make("button", { type: "button", class: "button primary", text: "Take it", click: shoot }));
    dialog.addEventListener("close", () => stream.getTracks().forEach((track) => track.stop()), { once: true });
  }

  /** @param {File} file */
  async take(file) {
    const name = file.name || "This file";
    if (file.size > LARGEST) {
      tell(`${name} has ${Math.ceil(file.size / (1 << 20))} MB; a ${this.noun} of up to 8 MB can be taken.`, "own-item");
      return;
    }
    let picture;
    try {
      picture = await dataUrl(file);
    } catch {
      tell(`${name} can't be read.`, "own-item");
      return;
    }
    await this.send(picture);
  }

  /** @param {string} picture data URL @param {object|null} condition corrections of what was read */
  async send(picture, condition = null) {
    const turn = ++this.turn;
    waiting("bar", true);
    const answer = await this.ask({ do: "encode", scene: this.store.scene, picture, condition });
    waiting("bar", false);
    if (turn !== this.turn) return;
    if (!answer.ok) {
      tell(answer.error, answer.where ?? "own-item");
      return;
    }
    document.querySelectorAll('[data-notice="own-item"]').forEach((node) => node.remove());
    this.seen.set(answer.point.start.sha256, { picture, fitted: answer.fitted, sound: answer.sound, html: answer.readings?.html ?? "", note: answer.note ?? "" });
    this.store.update((scene) => {
      Object.assign(scene, { condition: {}, edits: [] }, structuredClone(answer.point));
      scene.view.tab = TAB;
    });
  }

  /** Say again under which attributes the same picture is to be encoded. */
  correct(control) {
    const { start } = this.store.scene;
    const mine = this.seen.get(start.sha256);
    if (mine) this.send(mine.picture, { ...start.condition, [control.dataset.correct]: valueOf(control) });
    else tell(`This ${this.noun} was brought by a link, so it can't be encoded again here; bring the ${this.noun} itself.`, "own-item");
  }

  /** A person's own item as it was fitted, to be heard. @param {string} sha256 @returns {string|undefined} */
  sound(sha256) {
    return this.seen.get(sha256)?.sound;
  }

  /** Put into the panel what only this browser has. */
  fill() {
    for (const img of document.querySelectorAll("[data-own-picture]")) {
      const mine = this.seen.get(img.dataset.ownPicture);
      img.hidden = !mine;
      if (mine && img.src !== mine.fitted) img.src = mine.fitted;
    }
    for (const button of document.querySelectorAll("[data-own-sound]")) button.hidden = !this.sound(button.dataset.ownSound);
    for (const node of document.querySelectorAll("[data-own-readings]")) {
      const mine = this.seen.get(node.dataset.ownReadings);
      node.innerHTML = mine?.html ?? "";
      if (mine?.note) node.prepend(make("p", { class: "note", text: mine.note }));
    }
  }
}
