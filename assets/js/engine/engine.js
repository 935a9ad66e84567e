/**
 * The engine: the model itself, in the page. It turns a point (the recipe of one picture, `explorer/scene.py`) into
 * latent, condition, picture and place without asking the server. One instance serves the whole page:
 *
 *     import { engine } from "./engine/engine.js";
 *
 *     engine.open(model)              the facts of a checkpoint (`model.urls.engine` is the manifest); fetches begin when the
 *                                     page is idle, or with the first question below. Called by main.js.
 *     engine.ready(model) -> boolean  the decoder is up; draw() will answer within milliseconds.
 *     await engine.whenReady()        the same to wait for; rejects when this checkpoint can't run here.
 *     engine.how() -> string          one sentence: where pictures are made now, and why (for the About dialog).
 *     engine.manifest                 what `engine.json` says (see explorer/serving/manifest.py), null until fetched.
 *
 * All of these are promises; a point is plain JSON as in a scene ({start, condition, edits}, what is left out is default):
 *
 *     engine.state(point)             {z: Float32Array, c: Float32Array}
 *     engine.states(points)           the same of many
 *     engine.condition(point)         {attribute: value, blend or null}, as `Session.condition`
 *     engine.picture(point)           "data:image/png;base64,..." of the very pixels that the server would show
 *     engine.pictures(points, {onPicture})   the same of many, in order; onPicture(index, src) as each is done. Made one at a
 *                                     time and after whatever draw() asks, so a strip never holds a slider up.
 *     engine.difference(a, b)         data URL of where two points' pictures differ, as `Session.difference`
 *     engine.draw(point, canvas)      paints the canvas (its size follows the picture). Newest wins for each canvas: resolves to
 *                                     true when painted, to false when a newer call overtook it.
 *     engine.pixels(point)            {width, height, data: Uint8ClampedArray RGBA}
 *     engine.place(point, map)        [x, y] or [x, y, z] on a map, as `Session.place`
 *     engine.places(points, map)      the same of many
 *     engine.trust(points)            [{nearest, distance, percentile}], as `Session.trusts`
 *     engine.neighbours(point, k, space)   [[item, distance]], nearest first, without the item it starts from
 *     engine.spot(start)              {indices, weights, distance} of a spot start, as `Session.spot`
 *     engine.judge(point)             {attribute: {value, probability}} read off the point's picture; needs part "judge"
 *     engine.encode(pixels, condition)  {latent, condition, readings, psnr}: pixels is a Float32Array [C*H*W] in [0, 1] (see
 *                                     fit.js for a file -> pixels); attributes that `condition` leaves out are read by the
 *                                     judge; `latent` is packed as in an UploadStart; needs part "encoder"
 *     engine.tensor(name)             {data: typed array, shape}: a tensor of the items by its name in the checkpoint (`z`,
 *                                     `codes`, `error`, `z.std`, `map.<name>`, ...) or of a prior (`prior.mixture.mean`)
 *     engine.typical()                the usual distance between neighbours in z
 *
 * What can't be answered here rejects with an Error whose `.fallback` is true (then ask the server), or whose `.sentence` is
 * the sentence that a person should read, with `.where`, when the point itself is wrong (then the server would say the same).
 *
 * Everything runs in a worker, so that no frame waits for it. Files are fetched when first needed, by names relative to the
 * manifest; runtime and scripts by names relative to this module: so the same files serve a static site.
 *
 *     ../ort/                          ort.wasm.bundle.min.mjs, ort-wasm-simd-threaded.wasm (npm onnxruntime-web)
 *     engine.js worker.js ...          this folder
 *     <checkpoint>/engine.json         manifest; model/<part>.onnx; items/<tensor>.bin; prior/<name>.<tensor>.bin beside it
 */
