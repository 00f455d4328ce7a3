/** The worker: everything that takes time happens here. */

import card from "../../model/portrait.json";
import type { Card } from "../card";
import type { Background } from "../compose/background";
import { imageData, overBackground } from "../compose/canvas_2d";
import { cutOut } from "../compose/pixels";
import { PortraitError, told } from "../errors";
import type { Rgba } from "../mask/arrays";
import { Photos } from "../mask/masks";
import { opacity } from "../mask/matte";
import { above } from "../mask/pieces";
import { Effect } from "./effect";
import { files } from "./files.js";
import type { Asked, Calls, Name, PhotoMask } from "./messages";
import { type Chosen, openNetwork } from "./network";
import { PixelReader } from "./pixels_of";

const effects = new Map<number, Effect>();
let open: (Chosen & { card: Card }) | undefined;

type Handlers = { [N in Name]: (says: Calls[N]["says"]) => Promise<Calls[N]["gets"]> };

const handlers: Handlers = {
  async open({ runtime, threads, folder, model }) {
    const places = folder ? inFolder(folder) : files;
    const used: Card = model?.card ?? card;
    const network = await openNetwork(used, { ...places, model: model?.graph ?? places.model }, runtime, threads);
    open = { ...network, card: used };
    return { runtime: network.runtime, threads: network.threads, model: used.name };
  },

  async photo({ image }) {
    return (await found(image)).mask;
  },

  async picture({ image, background }) {
    const { picture, mask } = await found(image);
    const { width, height } = mask;
    const share = { data: mask.opacity, width, height };
    return encoded(background ? overBackground(picture, share, background) : cutOut(picture, share));
  },

  async pump({ id, background, compositor, readable, writable }) {
    const effect = begin(id, background, compositor);
    try {
      await effect.pump(readable, writable);
    } finally {
      effects.get(id)?.release();
      effects.delete(id);
    }
  },

  async begin({ id, background, compositor }) {
    begin(id, background, compositor);
  },

  async frame({ id, frame }) {
    try {
      return await known(id).bitmap(frame);
    } finally {
      frame.close();
    }
  },

  async change({ id, background }) {
    known(id).background = background;
  },

  async figures({ id }) {
    return known(id).figures();
  },

  async end({ id }) {
    effects.get(id)?.release();
    effects.delete(id);
  },

  async close() {
    for (const effect of effects.values()) effect.release();
    effects.clear();
    await open?.release();
    open = undefined;
  },
};

self.onmessage = async ({ data }: MessageEvent<Asked>) => {
  try {
    const handler = handlers[data.name] as (says: unknown) => Promise<unknown>;
    const gets = await handler(data.says);
    postMessage({ number: data.number, gets }, { transfer: moved(gets) });
  } catch (error) {
    postMessage({ number: data.number, error: told(error) });
  }
};

/** What an answer need not copy. */
function moved(gets: unknown): Transferable[] {
  if (gets instanceof ArrayBuffer || gets instanceof ImageBitmap) return [gets];
  const { prob, opacity, mask } = (gets ?? {}) as Partial<PhotoMask>;
  return [prob, opacity, mask].flatMap((map) => (map ? [map.buffer as ArrayBuffer] : []));
}

function inFolder(folder: string): typeof files {
  const at = (name: string) => new URL(name, folder).href;
  const runtime = (build: string) => ({
    mjs: at(`ort-wasm-simd-threaded${build}.mjs`),
    wasm: at(`ort-wasm-simd-threaded${build}.wasm`),
  });
  return { model: at("portrait.onnx"), wasm: runtime(""), webgpu: runtime(".jspi") };
}

function begin(id: number, background: Background, compositor?: "webgl2" | "2d"): Effect {
  const { card, network } = opened();
  const effect = new Effect(card, network, background, compositor);
  effects.set(id, effect);
  return effect;
}

function known(id: number): Effect {
  const effect = effects.get(id);
  if (!effect) throw new PortraitError("closed", "the stream has ended", "make another of a camera that is open");
  return effect;
}

function opened(): Chosen & { card: Card } {
  if (!open) throw new PortraitError("closed", "the segmenter is closed", "create another");
  return open;
}

async function found(image: ImageBitmap) {
  const { card, network } = opened();
  const picture = await new PixelReader().read(image);
  image.close();
  const prob = await new Photos(card, network).prob(picture);
  const { width, height } = picture;
  const mask: PhotoMask = {
    ...{ width, height },
    prob: prob.data,
    opacity: opacity(prob).data,
    mask: above(prob.data, card.threshold),
  };
  return { picture, mask };
}

/** A picture as PNG. */
async function encoded(picture: Rgba): Promise<ArrayBuffer> {
  const canvas = new OffscreenCanvas(picture.width, picture.height);
  const context = canvas.getContext("2d") as OffscreenCanvasRenderingContext2D;
  context.putImageData(imageData(picture), 0, 0);
  return (await canvas.convertToBlob({ type: "image/png" })).arrayBuffer();
}
