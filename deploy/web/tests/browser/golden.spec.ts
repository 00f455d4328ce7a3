/** All bundled photos and a clip beside Python's masks, from the same pixels: `python tests/golden.py --all OUT --clip MP4`. */
import { cpSync, existsSync, readdirSync } from "node:fs";
import { build } from "vite";
import { expect, test } from "./fixtures";

const folder = process.env.GOLDEN ?? "";
const here = new URL("../..", import.meta.url).pathname;

test.skip(!existsSync(folder), "GOLDEN names no folder that tests/golden.py wrote");
test.setTimeout(600_000);

test("masks of photos and of a clip equal Python's", async ({ portrait: page }) => {
  cpSync(folder, `${here}test-results/golden`, { recursive: true });
  await build({
    root: here,
    configFile: false,
    logLevel: "error",
    publicDir: false,
    resolve: { conditions: ["onnxruntime-web-use-extern-wasm", "browser", "module", "import", "default"] },
    build: {
      outDir: "test-results/inside",
      lib: { entry: "tests/browser/inside.ts", formats: ["es"], fileName: "inside" },
    },
  });
  const names = readdirSync(folder)
    .filter((name) => name.endsWith(".mask.png"))
    .map((name) => name.replace(".mask.png", ""))
    .sort();
  const shares = await page.evaluate(async (names) => {
    const at = (name: string) => `/deploy/web/test-results/golden/${name}.png`;
    const read = async (name: string) => pixelsOf(await (await fetch(at(name))).blob());
    const segmenter = await portrait.createSegmenter({ runtime: "wasm", threads: 1 });
    const { openFrames } = await import("/deploy/web/test-results/inside/inside.js" as string);
    const next = await openFrames(new URL("/deploy/web/dist", location.href).href);
    const found: { name: string; mask: number; opacity: number }[] = [];
    for (const name of names) {
      const { mask, opacity } = name.startsWith("frame")
        ? await next(await read(`${name}.photo`))
        : await segmenter.mask(at(`${name}.photo`));
      const [masks, opacities] = [(await read(`${name}.mask`)).data, (await read(`${name}.opacity`)).data];
      let [wrong, far] = [0, 0];
      for (let k = 0; k < mask.length; k++) {
        wrong += Number(mask[k] * 255 !== masks[4 * k]);
        far += Math.abs(opacity[k] - opacities[4 * k]);
      }
      found.push({ name, mask: wrong / mask.length, opacity: far / mask.length });
    }
    return found;
  }, names);
  for (const kind of ["photos", "frames"]) {
    const some = shares.filter(({ name }) => name.startsWith("frame") === (kind === "frames"));
    if (!some.length) continue;
    const worst = some.reduce((one, other) => (one.mask > other.mask ? one : other));
    const mean = (key: "mask" | "opacity") => some.reduce((sum, share) => sum + share[key], 0) / some.length;
    const percent = (share: number) => `${(100 * share).toFixed(4)} %`;
    console.log(
      `${some.length} ${kind}: ${percent(mean("mask"))} of the mask's pixels differ, at most ${percent(worst.mask)} (${worst.name}); opacity by ${mean("opacity").toFixed(4)} grey levels`,
    );
  }
  expect(Math.max(...shares.map(({ mask }) => mask))).toBeLessThan(0.001);
});
