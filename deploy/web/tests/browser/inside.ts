/** What the tests need of the package's inside: the matte of a clip's frames, as the streams have it. */
import card from "../../model/portrait.json";
import { fullOpacity, fullProb } from "../../src/mask/edges";
import type { Network } from "../../src/mask/masks";
import { Frames } from "../../src/mask/masks";
import { above } from "../../src/mask/pieces";
import { openNetwork } from "../../src/worker/network";

export async function openFrames(dist: string) {
  const build = (name: string) => ({ mjs: `${dist}/${name}.mjs`, wasm: `${dist}/${name}.wasm` });
  const wasm = build("ort-wasm-simd-threaded");
  const { network } = await openNetwork(card, { model: `${dist}/portrait.onnx`, wasm, webgpu: wasm }, "wasm", 1);
  const frames = new Frames(card, network as Network);
  return async (picture: ImageData) => {
    const lines = await frames.lines(picture);
    return { mask: above(fullProb(lines, picture).data, card.threshold), opacity: fullOpacity(lines, picture).data };
  };
}
