// `npm run benchmark -- --peer MODEL.tflite --clip FOLDER [--frames 20] [--rounds 3]`: ours beside MediaPipe's Tasks API in one
// Chromium, one thread each, 1280x720, the same clip and the same compositing. FOLDER has images/ and masks/ of frames.
// Processor time is that of all of the browser's processes, so that it says something on a machine that is busy.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { chromium } from "@playwright/test";
import { build } from "vite";
import { serve } from "../scripts/serve.mjs";

const { values } = parseArgs({
  options: {
    peer: { type: "string" },
    clip: { type: "string" },
    frames: { type: "string", default: "20" },
    rounds: { type: "string", default: "3" },
  },
});
if (!values.peer || !values.clip) {
  console.error("npm run benchmark -- --peer MODEL.tflite --clip FOLDER (benchmark/peer.py makes the model)");
  process.exit(2);
}

const here = new URL("..", import.meta.url).pathname;
await build({
  root: here,
  configFile: false,
  logLevel: "error",
  publicDir: false,
  resolve: { conditions: ["onnxruntime-web-use-extern-wasm", "browser", "module", "import", "default"] },
  build: {
    outDir: "test-results/benchmark",
    lib: { entry: "benchmark/inside.ts", formats: ["es"], fileName: "inside" },
  },
});
const server = await serve("/", { isolated: false });
const executablePath = process.env.CHROMIUM ?? ["/usr/bin/chromium", "/usr/bin/google-chrome"].find(existsSync);
const browserServer = await chromium.launchServer({ executablePath, args: ["--enable-unsafe-swiftshader"] });
const browser = await chromium.connect(browserServer.wsEndpoint());
const page = await browser.newPage();
await page.goto(`${server.address}${here}tests/browser/blank.html`);

const names = readdirSync(`${values.clip}/images`).sort().slice(0, Number(values.frames));
const paths = {
  dist: `${server.address}${here}dist`,
  tasks: `${server.address}${here}node_modules/@mediapipe/tasks-vision`,
  model: values.peer,
  frames: names.map((name) => `${values.clip}/images/${name}`),
  truths: names.map((name) => `${values.clip}/masks/${name.replace(/\.\w+$/, ".png")}`),
};
const compositor = await page.evaluate(
  async ({ inside, paths }) => {
    globalThis.bench = await (await import(inside)).open(paths);
    return globalThis.bench.compositor;
  },
  { inside: `${here}test-results/benchmark/inside.js`, paths },
);
const run = (name, compose) => page.evaluate(([name, compose]) => globalThis.bench.run(name, compose), [name, compose]);

console.log(`${names.length} frames of 1280x720, ${browser.version()}, compositor ${compositor}`);
const found = {};
for (const name of ["ours", "mediapipe"]) await run(name, true); // what is compiled on first use
for (let round = 0; round < Number(values.rounds); round++) {
  for (const compose of [false, true]) {
    for (const name of ["ours", "mediapipe"]) {
      const before = processorTime(browserServer.process().pid);
      const times = await run(name, compose);
      const spent = (processorTime(browserServer.process().pid) - before) / names.length;
      const row = (found[`${name}, ${compose ? "mask and blur" : "mask"}`] ??= { times: [], spent: [] });
      row.times.push(...times);
      row.spent.push(spent);
    }
  }
}
const middle = (list) => list.sort((one, other) => one - other)[list.length >> 1];
for (const [name, { times, spent }] of Object.entries(found)) {
  const cpu = Math.min(...spent);
  const least = Math.min(...times);
  console.log(
    `${name}: ${cpu.toFixed(1)} ms of processor a frame (${(1000 / cpu).toFixed(1)} frames/s of one core), fastest ${least.toFixed(1)} ms, median ${middle(times).toFixed(1)} ms`,
  );
}
for (const name of ["ours", "mediapipe"]) {
  const score = await page.evaluate((name) => globalThis.bench.score(name), name);
  console.log(`${name}: mIoU ${(100 * score).toFixed(2)}`);
}
await browser.close();
await browserServer.close();
server.close();

/** Milliseconds of processor that a process and its children have taken. */
function processorTime(pid) {
  const [, rest] = readFileSync(`/proc/${pid}/stat`, "utf8").split(/\) /);
  const fields = rest.split(" ");
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  const below = children ? children.split(" ").reduce((sum, child) => sum + processorTime(child), 0) : 0;
  return below + 10 * (Number(fields[11]) + Number(fields[12]));
}
