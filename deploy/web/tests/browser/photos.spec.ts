import { readdirSync } from "node:fs";
import { expect, test } from "./fixtures";

const PHOTOS = "/data/portrait_mini/images";
const MASKS = "/deploy/web/tests/golden";
const names = readdirSync(new URL("../golden", import.meta.url).pathname)
  .filter((name) => name.endsWith(".png"))
  .map((name) => name.replace(".png", ""));

test("masks equal Python's", async ({ portrait: page }) => {
  const shares = await page.evaluate(
    async ({ names, photos, masks }) => {
      const segmenter = await portrait.createSegmenter({ runtime: "wasm" });
      const found = [];
      for (const name of names) {
        const { mask } = await segmenter.mask(`${photos}/${name}.jpg`);
        const wanted = await pixelsOf(await (await fetch(`${masks}/${name}.png`)).blob());
        let wrong = 0;
        for (let k = 0; k < mask.length; k++) wrong += Number(mask[k] * 255 !== wanted.data[4 * k]);
        found.push(wrong / mask.length);
      }
      return found;
    },
    { names, photos: PHOTOS, masks: MASKS },
  );
  expect(shares).toHaveLength(6);
  // Both decode JPEG by themselves.
  expect(Math.max(...shares)).toBeLessThan(0.001);
});

test("cuts out, blurs and replaces", async ({ portrait: page }) => {
  const found = await page.evaluate(async (photo) => {
    const segmenter = await portrait.createSegmenter({ runtime: "wasm" });
    const { opacity, width, height } = await segmenter.mask(photo);
    const before = await pixelsOf(await (await fetch(photo)).blob());
    const cutout = await segmenter.cutout(photo);
    const cut = await pixelsOf(cutout);
    const blurred = await pixelsOf(await segmenter.blurPhoto(photo));
    const green = await pixelsOf(await segmenter.replacePhoto(photo, "#00b140"));
    const wrapped = await pixelsOf(await segmenter.replacePhoto(photo, "#00b140", { lightWrap: 1 }));
    const found = { alpha: 0, kept: 0, changed: 0, green: 0, wrapped: 0, edge: 0 };
    for (let k = 0; k < width * height; k++) {
      const at = 4 * k;
      const change = (one: ImageData, other: ImageData) => Math.abs(one.data[at] - other.data[at]);
      found.alpha = Math.max(found.alpha, Math.abs(cut.data[at + 3] - opacity[k]));
      if (opacity[k] === 255) found.kept = Math.max(found.kept, change(before, blurred), change(before, green));
      if (opacity[k] === 0) found.changed += Number(change(before, blurred) > 8) / (width * height);
      if (opacity[k] === 0)
        found.green = Math.max(found.green, Math.abs(green.data[at] - 0), Math.abs(green.data[at + 1] - 177));
      found.wrapped = Math.max(found.wrapped, change(green, wrapped));
    }
    return { ...found, type: cutout.type };
  }, `${PHOTOS}/000000000785.jpg`);
  expect(found).toMatchObject({ type: "image/png", alpha: 0, kept: 0, green: 0 });
  expect(found.changed).toBeGreaterThan(0.1);
  expect(found.wrapped).toBeGreaterThan(20);
});

test("errors say what to do", async ({ portrait: page, context }) => {
  await context.clearPermissions();
  const said = await page.evaluate(async (photo) => {
    const code = (work: Promise<unknown>) =>
      work.then(
        () => "none",
        (error) => `${error.code}: ${error.hint}`,
      );
    const segmenter = await portrait.createSegmenter({ runtime: "wasm" });
    const huge = new Uint8Array(33);
    huge.set([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52, 0, 1, 0, 0, 0, 1, 0, 0]);
    const card = {
      name: "x",
      sha256: "0".repeat(64),
      area: 65536,
      divisor: 16,
      mean: [0],
      std: [1],
      faintest: 0,
      smallest: 0,
      radius: 3,
      threshold: 0.5,
    };
    const found = {
      camera: await code(portrait.openCamera()),
      video: await code(segmenter.blur(new MediaStream())),
      text: await code(segmenter.mask(new Blob(["no picture"]))),
      nowhere: await code(segmenter.mask("/nowhere.jpg")),
      huge: await code(segmenter.mask(new Blob([huge]))),
      colour: await code(segmenter.replacePhoto(photo, "#12" as `#${string}`)),
      strength: await code(segmenter.blurPhoto(photo, { strength: 0 })),
      folder: await code(portrait.createSegmenter({ files: "/nowhere" })),
      model: await code(portrait.createSegmenter({ runtime: "wasm", model: { graph: "/nowhere.onnx", card } })),
      other: await code(portrait.createSegmenter({ runtime: "wasm", model: { graph: photo, card } })),
      stranger: await code(segmenter.figures(new MediaStream())),
    };
    segmenter.close();
    return { ...found, closed: await code(segmenter.mask(photo)) };
  }, `${PHOTOS}/000000000785.jpg`);
  expect(Object.fromEntries(Object.entries(said).map(([name, text]) => [name, text.split(":")[0]]))).toEqual({
    camera: "camera-denied",
    video: "no-video",
    text: "picture-unreadable",
    nowhere: "picture-unreadable",
    huge: "picture-too-big",
    colour: "bad-setting",
    strength: "bad-setting",
    folder: "no-worker",
    model: "file-missing",
    other: "model-damaged",
    stranger: "bad-setting",
    closed: "closed",
  });
  expect(Object.values(said).every((text) => text.split(": ")[1].length > 8)).toBe(true);
});
