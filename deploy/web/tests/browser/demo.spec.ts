/** The page as static files, as people meet it. */
import { serve } from "../../scripts/serve.mjs";
import { expect, test } from "./fixtures";

const here = new URL("../..", import.meta.url).pathname;
const photo = `${here}../../data/portrait_mini/images/000000000785.jpg`;
let server: Awaited<ReturnType<typeof serve>>;

test.beforeAll(async () => {
  server = await serve(`${here}demo-dist`);
});
test.afterAll(() => server.close());

test("opens a photo, compares it, and works offline", async ({ page, context }) => {
  const complaints: string[] = [];
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  await page.goto(server.address);
  await page.evaluate(() => navigator.serviceWorker.ready);
  await context.setOffline(true);
  await page.reload();
  await page.setInputFiles("#file", photo);
  await expect(page.locator("#after-image")).toHaveAttribute("src", /^blob:/);
  await expect(page.locator("#figures")).toContainText("ms");
  const first = await page.locator("#after-image").getAttribute("src");
  await page.check('input[value="cutout"]');
  await expect(page.locator("#after-image")).not.toHaveAttribute("src", first ?? "");
  await expect(page.locator("#save")).toBeVisible();
  await page.fill("#compare", "50");
  await expect(page.locator("#line")).toBeVisible();
  await page.setInputFiles("#file", { name: "x.jpg", mimeType: "image/jpeg", buffer: Buffer.from("no picture") });
  await expect(page.locator("#error")).toContainText("give a JPEG");
  expect(complaints).toEqual([]);
});

test("shows a camera, and a photo that is dropped", async ({ page, context }) => {
  await context.grantPermissions(["camera"]);
  await page.setViewportSize({ width: 1120, height: 640 });
  await page.goto(server.address);
  await page.click("#camera");
  await expect(page.locator("#figures")).toContainText("frames/s");
  await page.fill("#compare", "50");
  await page.check('input[value="colour"]');
  await expect(page.locator("#after-video")).toBeVisible();
  await page.waitForTimeout(3000);
  await page.screenshot({ path: `${here}test-results/camera.png` });
  const bytes = (await import("node:fs")).readFileSync(photo).toString("base64");
  await page.evaluate(async (bytes) => {
    const blob = await (await fetch(`data:image/jpeg;base64,${bytes}`)).blob();
    const dropped = new DataTransfer();
    dropped.items.add(new File([blob], "photo.jpg", { type: "image/jpeg" }));
    document
      .getElementById("stage")
      ?.dispatchEvent(new DragEvent("drop", { dataTransfer: dropped, bubbles: true, cancelable: true }));
  }, bytes);
  await expect(page.locator("#after-image")).toBeVisible({ timeout: 30_000 });
  await expect(page.locator("#figures")).toContainText("ms");
  await page.waitForTimeout(500);
  await page.screenshot({ path: `${here}test-results/photo.png` });
});
