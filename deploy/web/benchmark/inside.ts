/** Ours and MediaPipe's, frame by frame, with the same compositing. */
import card from "../model/portrait.json";
import { openCompositor } from "../src/compose/open";
import { plane } from "../src/mask/arrays";
import { fullProb, type Lines } from "../src/mask/edges";
import { Frames } from "../src/mask/masks";
import { openNetwork } from "../src/worker/network";
import { PixelReader } from "../src/worker/pixels_of";

const SMALL = 4; // pixels of a frame for one of the matte that is drawn

/** What finds people: the lines for the compositor, and whether a pixel is foreground. */
interface Finder {
  lines(frame: VideoFrame, time: number): Promise<Lines>;
  mask(): Uint8Array;
}

const reader = new PixelReader();

async function ours(dist: string): Promise<Finder> {
  const wasm = { mjs: `${dist}/ort-wasm-simd-threaded.mjs`, wasm: `${dist}/ort-wasm-simd-threaded.wasm` };
  const { network } = await openNetwork(card, { model: `${dist}/portrait.onnx`, wasm, webgpu: wasm }, "wasm", 1);
  const frames = new Frames(card, network);
  let last: { lines: Lines; frame: VideoFrame };
  return {
    async lines(frame) {
      last = { lines: await frames.lines(await reader.read(frame)), frame };
      return last.lines;
    },
    mask() {
      const picture = reader.last as NonNullable<typeof reader.last>;
      return Uint8Array.from(fullProb(last.lines, picture).data, (prob) => Number(prob > card.threshold));
    },
  };
}

async function mediaPipe(tasks: string, model: string): Promise<Finder> {
  const { FilesetResolver, ImageSegmenter } = await import(/* @vite-ignore */ `${tasks}/vision_bundle.mjs`);
  const files = await FilesetResolver.forVisionTasks(`${tasks}/wasm`);
  const segmenter = await ImageSegmenter.createFromOptions(files, {
    baseOptions: { modelAssetPath: model, delegate: "CPU" },
    ...{ runningMode: "VIDEO", outputConfidenceMasks: true, outputCategoryMask: false },
  });
  let prob: Float32Array;
  return {
    async lines(frame, time) {
      const found = segmenter.segmentForVideo(frame, time);
      const mask = found.confidenceMasks[0];
      prob = mask.getAsFloat32Array().slice();
      found.close();
      const small = plane(frame.displayWidth / SMALL, frame.displayHeight / SMALL);
      for (let y = 0; y < small.height; y++) {
        for (let x = 0; x < small.width; x++) {
          small.data[y * small.width + x] = prob[(y * SMALL + 2) * frame.displayWidth + x * SMALL + 2];
        }
      }
      await reader.read(frame); // the compositor's picture
      const { width, height } = small;
      return { slope: plane(width, height), offset: small, light: plane(width, height), side: SMALL };
    },
    mask: () => Uint8Array.from(prob, (value) => Number(value > 0.5)),
  };
}

export async function open(paths: { dist: string; tasks: string; model: string; frames: string[]; truths: string[] }) {
  const canvas = new OffscreenCanvas(1280, 720);
  const context = canvas.getContext("2d", { willReadFrequently: true }) as OffscreenCanvasRenderingContext2D;
  const drawn = async (address: string) => {
    const image = await createImageBitmap(await (await fetch(address)).blob());
    context.imageSmoothingEnabled = !address.endsWith(".png");
    context.drawImage(image, 0, 0, 1280, 720);
    return context.getImageData(0, 0, 1280, 720).data;
  };
  const pixels: Uint8ClampedArray[] = [];
  const truths: Uint8Array[] = [];
  for (const [k, address] of paths.frames.entries()) {
    pixels.push(await drawn(address));
    const truth = await drawn(paths.truths[k]);
    truths.push(Uint8Array.from({ length: truth.length / 4 }, (_, place) => Number(truth[4 * place] > 0)));
  }
  const finders = { ours: await ours(paths.dist), mediapipe: await mediaPipe(paths.tasks, paths.model) };
  const compositor = openCompositor();
  let clock = 0;
  const frameOf = (k: number) => {
    clock += 33;
    const init = { format: "RGBX", codedWidth: 1280, codedHeight: 720, timestamp: 1000 * clock } as const;
    return new VideoFrame(pixels[k] as Uint8ClampedArray<ArrayBuffer>, init);
  };
  return {
    compositor: compositor.kind,
    /** Milliseconds of each frame. */
    async run(name: keyof typeof finders, compose: boolean): Promise<number[]> {
      const times = [];
      for (let k = 0; k < pixels.length; k++) {
        const frame = frameOf(k);
        const start = performance.now();
        const lines = await finders[name].lines(frame, clock);
        const picture = reader.last as NonNullable<typeof reader.last>;
        if (compose)
          compositor.frame(picture, lines, { kind: "blur", strength: 30 }, { timestamp: frame.timestamp }).close();
        times.push(performance.now() - start);
        frame.close();
      }
      return times;
    },
    /** Mean IoU of people and background over all frames. */
    async score(name: keyof typeof finders): Promise<number> {
      const counts = [0, 0, 0, 0];
      for (let k = 0; k < pixels.length; k++) {
        const frame = frameOf(k);
        await finders[name].lines(frame, clock);
        const mask = finders[name].mask();
        for (let place = 0; place < mask.length; place++) counts[2 * mask[place] + truths[k][place]]++;
        frame.close();
      }
      const [background, missed, extra, people] = counts;
      return (people / (people + missed + extra) + background / (background + missed + extra)) / 2;
    },
  };
}
