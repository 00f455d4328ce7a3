/** The clip that the fake camera plays: the one that CLIP names, else some of the bundled photos, each for a while. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";

const here = new URL("../..", import.meta.url).pathname;
export const CLIP = `${here}test-results/camera.mjpeg`;
export const SIZE = { width: 1280, height: 720 };

export default function makeClip(): void {
  mkdirSync(`${here}test-results`, { recursive: true });
  const fill = `scale=${SIZE.width}:${SIZE.height}:force_original_aspect_ratio=increase,crop=${SIZE.width}:${SIZE.height}`;
  const given = process.env.CLIP;
  const photos = `${here}../../data/portrait_mini/images/0000002*.jpg`;
  const source = given ? ["-i", given] : ["-framerate", "2", "-pattern_type", "glob", "-i", photos];
  if (given && !existsSync(given)) throw new Error(`CLIP: ${given} is not there`);
  const to = ["-vf", `${fill},fps=30,format=yuvj420p`, "-frames:v", "150", "-c:v", "mjpeg", "-q:v", "3", CLIP];
  execFileSync("ffmpeg", ["-y", "-loglevel", "error", ...source, ...to]);
}
