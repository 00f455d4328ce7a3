import { SIZE } from "./clip";
import { expect, openPortrait, test } from "./fixtures";

for (const [through, compositor] of [
  ["insertable", "webgl2"],
  ["insertable", "2d"],
  ["canvas", "webgl2"],
  ["canvas", "2d"],
] as const) {
  test(`changes a camera's background: ${through}, ${compositor}`, async ({ portrait: page }) => {
    const found = await page.evaluate(
      async ({ through, compositor }) => {
        const segmenter = await portrait.createSegmenter({ runtime: "wasm", threads: 1 });
        const camera = await navigator.mediaDevices.getUserMedia({ video: { width: 1280, height: 720 }, audio: true });
        const stream = await segmenter.replace(camera, "#ff00ff", { through, compositor });
        const frame = await frameOf(stream, 4);
        await segmenter.changeTo(stream, "#00ff00");
        await frameOf(stream, 6);
        const changed = await frameOf(stream, 4);
        const figures = await segmenter.figures(stream);
        const share = ({ data }: ImageData, wanted: number[]) => {
          let count = 0;
          for (let k = 0; k < data.length; k += 4)
            count += Number(wanted.every((value, c) => Math.abs(data[k + c] - value) < 24));
          return (4 * count) / data.length;
        };
        const purple = share(frame, [255, 0, 255]);
        const green = share(changed, [0, 255, 0]);
        const { width, height } = frame;
        const sound = stream.getAudioTracks().length;
        for (const track of camera.getTracks()) track.stop();
        const ended = await endOf(segmenter, stream);
        const state = stream.getVideoTracks()[0].readyState;
        return { figures, purple, green, width, height, sound, ended, state };
      },
      { through, compositor },
    );
    console.log(JSON.stringify(found.figures));
    expect(found).toMatchObject({ ...SIZE, sound: 1, ended: "closed", state: "ended" });
    expect(found.figures.compositor).toBe(compositor);
    expect(found.figures.frames).toBeGreaterThan(5);
    for (const share of [found.purple, found.green]) {
      expect(share).toBeGreaterThan(0.2);
      expect(share).toBeLessThan(0.95);
    }
  });
}

test("stopping the result ends the work", async ({ portrait: page }) => {
  const code = await page.evaluate(async () => {
    const segmenter = await portrait.createSegmenter({ runtime: "wasm", threads: 1 });
    const stream = await segmenter.blur(await portrait.openCamera(), { strength: 12 });
    await frameOf(stream);
    stream.getVideoTracks()[0].stop();
    return endOf(segmenter, stream);
  });
  expect(code).toBe("closed");
});

test("WebGL2 and the 2D fallback draw the same", async ({ portrait: page }) => {
  const found = await page.evaluate(async () => {
    const segmenter = await portrait.createSegmenter({ runtime: "wasm", threads: 1 });
    const image = await createImageBitmap(await (await fetch("/data/portrait_mini/images/000000000785.jpg")).blob());
    const still = document.createElement("canvas");
    Object.assign(still, { width: 640, height: 480 });
    const context = still.getContext("2d") as CanvasRenderingContext2D;
    const moving = setInterval(() => context.drawImage(image, 0, 0, 640, 480), 50);
    const source = still.captureStream(20);
    const drawn: Record<string, ImageData> = {};
    const kinds: string[] = [];
    for (const compositor of ["webgl2", "2d"] as const) {
      const made = {
        blur: await segmenter.blur(source.clone(), { compositor }),
        colour: await segmenter.replace(source.clone(), "#204080", { compositor, lightWrap: 0.8 }),
        image: await segmenter.replace(source.clone(), "/data/portrait_mini/images/000000045070.jpg", {
          compositor,
          lightWrap: 0.5,
        }),
      };
      for (const [name, stream] of Object.entries(made)) {
        drawn[`${name} ${compositor}`] = await frameOf(stream, 5);
        kinds.push((await segmenter.figures(stream)).compositor);
        for (const track of stream.getTracks()) track.stop();
      }
    }
    clearInterval(moving);
    const mean = (one: ImageData, other: ImageData) =>
      one.data.reduce((sum, value, k) => sum + Math.abs(value - other.data[k]), 0) / one.data.length;
    const before = context.getImageData(0, 0, 640, 480);
    const names = ["blur", "colour", "image"];
    const differences = names.map((name) => mean(drawn[`${name} webgl2`], drawn[`${name} 2d`]));
    const changes = names.map((name) => mean(drawn[`${name} webgl2`], before));
    return { kinds, differences, changes };
  });
  console.log(JSON.stringify(found));
  expect(found.kinds).toEqual(["webgl2", "webgl2", "webgl2", "2d", "2d", "2d"]);
  // Streams hold frames as YUV, which alone costs a grey level or so.
  expect(Math.max(...found.differences)).toBeLessThan(1.5);
  expect(Math.min(...found.changes)).toBeGreaterThan(5);
});

test("threads where the page is isolated, one where not", async ({ page, site, shared }) => {
  const threads = async (address: string) => {
    await openPortrait(page, address);
    return page.evaluate(async () => {
      const segmenter = await portrait.createSegmenter({ runtime: "wasm" });
      const { mask } = await segmenter.mask("/data/portrait_mini/images/000000000785.jpg");
      return {
        threads: segmenter.threads,
        people: mask.some((value) => value === 1),
        cores: navigator.hardwareConcurrency,
      };
    });
  };
  const isolated = await threads(site);
  expect(isolated).toMatchObject({ people: true, threads: Math.min(isolated.cores, 4) });
  expect(await threads(shared)).toMatchObject({ people: true, threads: 1 });
});

test("WebGPU finds what WebAssembly finds", async ({ portrait: page }) => {
  const adapter = await page.evaluate(async () =>
    Boolean(await (navigator as { gpu?: { requestAdapter(): unknown } }).gpu?.requestAdapter()),
  );
  test.skip(!adapter, "this browser has no WebGPU");
  const difference = await page.evaluate(async () => {
    const photo = "/data/portrait_mini/images/000000000785.jpg";
    const masks: Float32Array[] = [];
    for (const runtime of ["wasm", "webgpu"] as const) {
      const segmenter = await portrait.createSegmenter({ runtime });
      if (segmenter.runtime !== runtime) throw new Error(`runs on ${segmenter.runtime}`);
      masks.push((await segmenter.mask(photo)).prob);
    }
    return masks[0].reduce((most, value, k) => Math.max(most, Math.abs(value - masks[1][k])), 0);
  });
  expect(difference).toBeLessThan(0.01);
});
