// A real browser: the one that CHROMIUM names, or the system's. Its camera shows a clip of real people (tests/browser/clip.ts).
import { existsSync } from "node:fs";
import { defineConfig } from "@playwright/test";
import { CLIP } from "./tests/browser/clip";

const executablePath = process.env.CHROMIUM ?? ["/usr/bin/chromium", "/usr/bin/google-chrome"].find(existsSync);

export default defineConfig({
  testDir: "tests/browser",
  testMatch: "*.spec.ts",
  globalSetup: "./tests/browser/clip.ts",
  timeout: 180_000,
  expect: { timeout: 30_000 },
  workers: 1,
  reporter: "list",
  outputDir: "test-results/playwright",
  use: {
    headless: true,
    launchOptions: {
      executablePath,
      args: [
        "--use-fake-device-for-media-stream",
        `--use-file-for-fake-video-capture=${CLIP}`,
        // A processor in the place of a graphics processor, where there is none.
        "--enable-unsafe-swiftshader",
        "--enable-unsafe-webgpu",
        "--use-webgpu-adapter=swiftshader",
        "--enable-features=Vulkan,WebGPU",
      ],
    },
  },
});
