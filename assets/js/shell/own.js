/** A person's own item: chosen, dropped, pasted, or made with the camera or the microphone; then encoded, and corrected. */

import { compute } from "../compute/compute.js";
import { show } from "../core/dialog.js";
import { byId, make } from "../core/dom.js";
import { tell, toast, waiting } from "../core/notices.js";
import { record } from "./record.js";

const LARGEST = 8 << 20;
const TAB = "own";
const LESSON = /\.(md|markdown)$/i; // a file that is dropped, see lessons.js

/** @param {Blob} blob @returns {Promise<string>} */
export const dataUrl = (blob) =>
  new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });

const nameOf = (file) => file.name || "This file";

/** Why a file isn't taken, before anything is read of it, or null. @param {File} file @param {string} what can be taken */
export const tooLarge = (file, what) =>
  file.size > LARGEST ? `${nameOf(file)} has ${Math.ceil(file.size / (1 << 20))} MB; ${what} of up to 8 MB can be taken.` : null;

export class OwnItem {
  /** @param {import("../core/scene.js").Store} store */
  constructor(store) {
    Object.assign(this, { store, turn: 0, seen: new Map(), noun: "picture" });
    this.file = make("input", { type: "file", id: "own-file", class: "visually-hidden", tabindex: -1, change: () => this.chosen() });
    byId("own-item").after(this.file);
    byId("own-item").addEventListener("click", () => this.begin());
    document.addEventListener("do-own-file", () => this.file.click());
    document.addEventListener("do-own-camera", () => this.camera());
    document.addEventListener("do-own-keyboard", () => this.type());
    document.addEventListener("do-own-crop", () => this.crop());
    document.addEventListener("do-own-microphone", () => record((blob) => this.take(new File([blob], "recording.wav", { type: blob.type }))));
    document.addEventListener("do-own-correct", ({ detail: { name, value } }) => this.correct(name, value));
    addEventListener("paste", (event) => this.pasted(event));
    this.dropping();
  }

  /** Another model takes other files, or none. @param {import("../panels/facts.js").Facts} facts */
  open(facts) {
    const { modality, tabs } = facts.model;
    this.facts = facts;
    this.noun = modality.noun;
    this.file.accept = modality.accept;
    this.file.setAttribute("aria-label", `A ${modality.noun} of your own`);
    this.refusal = tabs.find(({ id }) => id === TAB)?.disabled_reason ?? null;
    const button = byId("own-item");
    button.setAttribute("aria-disabled", String(Boolean(this.refusal)));
    button.title = this.refusal ?? "";
  }

  begin() {
    if (this.refused()) return;
    if (this.store.scene) this.store.update((scene) => (scene.view.tab = TAB), { history: false });
    if (this.facts.model.modality.device === "keyboard") this.type();
    else this.file.click();
  }

  /** A text is typed rather than chosen. */
  type() {
    const field = make("textarea", { class: "text", id: "own-text", rows: 3, maxlength: this.facts.model.modality.longest, "aria-label": `A ${this.noun} of your own` });
    const take = () => {
      if (!field.value.trim()) return;
      dialog.close();
      this.take(new File([field.value], "typed.txt", { type: "text/plain" }));
    };
    field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey) return;
      event.preventDefault();
      take();
    });
    const choose = make("button", { type: "button", class: "button", text: "Choose a file", click: () => (dialog.close(), this.file.click()) });
    const dialog = show(`Type a ${this.noun}`, field, make("p", { class: "row" }, make("button", { type: "button", class: "button primary", id: "own-take-text", text: "Take it", click: take }), choose));
    field.focus();
  }

  /** Says why this model takes no item, where it doesn't, before anything is chosen or sent. */
  refused() {
    if (this.refusal) tell(this.refusal, "own-item");
    return Boolean(this.refusal);
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
        if (LESSON.test(file?.name)) document.dispatchEvent(new CustomEvent("do-open-lesson", { detail: file }));
        else if (file) this.take(file);
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
    if (this.refused()) return;
    const name = nameOf(file);
    const refusal = tooLarge(file, `a ${this.noun}`);
    if (refusal) {
      tell(refusal, "own-item");
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

  /** Move the frame of the picture on stage. */
  async crop() {
    const { start } = this.store.scene;
    const mine = this.seen.get(start.sha256);
    try {
      const { crop } = await import("./crop.js");
      await crop(mine.source, this.facts, mine.square, (cut, square) => this.send(cut, start.condition, { source: mine.source, square }));
    } catch (error) {
      tell(error.sentence ?? error.message, error.where ?? "own-item");
    }
  }

  /**
   * @param {string} picture data URL
   * @param {object|null} condition corrections of what was read
   * @param {{source: string, square: object|null}} from the picture that it was cut out of, and where
   */
  async send(picture, condition = null, { source, square } = { source: picture, square: null }) {
    const turn = ++this.turn;
    waiting("bar", true);
    let made;
    try {
      made = await compute.encode(picture, condition ?? {}, square !== null);
    } catch (error) {
      if (turn === this.turn) tell(error.sentence ?? error.message, error.where ?? "own-item");
      return;
    } finally {
      waiting("bar", false);
    }
    if (turn !== this.turn) return;
    document.querySelectorAll('[data-notice="own-item"]').forEach((node) => node.remove());
    const { point, ...rest } = made;
    this.seen.set(point.start.sha256, { picture, source, square, ...rest });
    this.store.update((scene) => {
      Object.assign(scene, { condition: {}, edits: [] }, structuredClone(point));
      scene.view.tab = TAB;
    });
  }

  /** Say again under which attributes the same picture is to be encoded. */
  correct(name, value) {
    const { start } = this.store.scene;
    const mine = this.seen.get(start.sha256);
    if (mine) this.send(mine.picture, { ...start.condition, [name]: value }, mine);
    else tell(`This ${this.noun} was brought by a link, so it can't be encoded again here; bring the ${this.noun} itself.`, "own-item");
  }

  /** Keep what was made of something that came another way. @param {string} sha256 @param {object} made */
  keep(sha256, made) {
    this.seen.set(sha256, made);
  }

  /** What this browser keeps of a person's own item: as it was fitted, how it reads and sounds. @param {string} sha256 @returns {object|undefined} */
  kept(sha256) {
    return this.seen.get(sha256);
  }
}
