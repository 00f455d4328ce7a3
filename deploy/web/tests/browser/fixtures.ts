import { test as base, type Page } from "@playwright/test";
import { serve } from "../../scripts/serve.mjs";
import type * as Portrait from "../../src/index";

const ROOT = new URL("../../../..", import.meta.url).pathname;

/** What pages of the tests can use: the package as it is built, and a few helpers. */
declare global {
  var portrait: typeof Portrait;
  /** A video's next frame, as pixels. */
  function frameOf(stream: MediaStream, after?: number): Promise<ImageData>;
  /** What a stream's end is called, once it has ended; "runs" where it does not. */
  function endOf(segmenter: Portrait.Segmenter, stream: MediaStream): Promise<string>;
  /** A picture's pixels. */
  function pixelsOf(picture: Blob): Promise<ImageData>;
}

export const test = base.extend<{ portrait: Page }, { site: string; shared: string }>({
  // The project's folder, isolated (threads), and not.
  site: [async ({}, use) => served(true, use), { scope: "worker" }],
  shared: [async ({}, use) => served(false, use), { scope: "worker" }],
  /** A page that has the package. */
  portrait: async ({ page, site, context }, use) => {
    await context.grantPermissions(["camera", "microphone"]);
    const complaints: string[] = [];
    page.on("pageerror", (error) => complaints.push(error.message));
    await openPortrait(page, site);
    await use(page);
    if (complaints.length) throw new Error(complaints.join("\n"));
  },
});

export async function openPortrait(page: Page, site: string): Promise<void> {
  await page.goto(`${site}/deploy/web/tests/browser/blank.html`);
  await page.waitForFunction(() => "portrait" in globalThis);
}

async function served(isolated: boolean, use: (address: string) => Promise<void>): Promise<void> {
  const server = await serve(ROOT, { isolated });
  await use(server.address);
  server.close();
}

export { expect } from "@playwright/test";
