/** Each step gives the numbers of the Python package's. */
import { describe, expect, it } from "vitest";
import type { Rgba } from "../../src/mask/arrays";
import { boxMean, gaussian } from "../../src/mask/blur";
import { brightness, copiesHalvings, fullOpacity, fullProb, lines, smallBrightness } from "../../src/mask/edges";
import { opacity } from "../../src/mask/matte";
import { dropFaint, dropSpecks } from "../../src/mask/pieces";
import { halved, resized } from "../../src/mask/resize";
import { Scenes } from "../../src/mask/scenes";
import { Adaptive } from "../../src/mask/smoothing";
import { difference, map, photo, steps } from "./golden";

const prob = () => map(steps.prob, 36, 24);

/** The top left of a picture. */
function cut(picture: Rgba, width: number, height: number): Rgba {
  const data = new Uint8ClampedArray(4 * width * height);
  for (let y = 0; y < height; y++) {
    data.set(picture.data.subarray(4 * y * picture.width, 4 * (y * picture.width + width)), 4 * y * width);
  }
  return { data, width, height };
}

describe("steps equal Python's", () => {
  it("resizes maps", () => {
    expect(difference(resized(prob(), 72, 48).data, steps.enlarged)).toBeLessThan(2e-5);
  });
  it("makes pictures grey", () => {
    expect(difference(brightness(photo()).data, steps.grey)).toBe(0);
  });
  it("halves pictures, also those of odd sides", () => {
    const grey = map(steps.grey, 72, 48);
    expect(difference(halved(grey, 1).data, steps.halved)).toBe(0);
    const odd = map([], 71, 45);
    odd.data = Float32Array.from({ length: 71 * 45 }, (_, k) => steps.grey[Math.floor(k / 71) * 72 + (k % 71)]);
    expect(difference(halved(odd, 1).data, steps.halved_odd)).toBeLessThanOrEqual(1);
  });
  it("takes means", () => {
    expect(difference(boxMean(prob(), 3).data, steps.box)).toBeLessThan(2e-5);
    expect(difference(gaussian(prob(), 2.3).data, steps.gaussian)).toBeLessThan(2e-5);
  });
  it("drops specks with their rims", () => {
    const kept = prob();
    dropSpecks(kept, 0.6, 0.2);
    expect(difference(kept.data, steps.prob)).toBeGreaterThan(0.6);
    expect(difference(kept.data, steps.specks)).toBeLessThan(2e-5);
  });
  it("drops pieces that are nowhere sure", () => {
    const kept = prob();
    dropFaint(kept, 0.6, 0.8);
    expect(difference(kept.data, steps.prob)).toBeGreaterThan(0.6);
    expect(difference(kept.data, steps.faint)).toBeLessThan(2e-5);
    expect(Math.max(...kept.data)).toBeGreaterThan(0.8);
  });
  it("moves edges onto the photo's", () => {
    const odd = cut(photo(), 71, 45);
    const found = lines(prob(), smallBrightness(odd, copiesHalvings(6)), 6, 0.45);
    const full = fullProb(found, odd);
    expect(difference(full.data, steps.edges)).toBeLessThan(3e-3); // Python rounds the small copy
    expect(difference(fullOpacity(found, odd).data, opacity(full).data)).toBe(0);
  });
  it("makes probabilities opacity", () => {
    const ramp = map(
      Array.from({ length: 52 }, (_, k) => k / 51),
      52,
      1,
    );
    expect(difference(opacity(ramp).data, steps.opacity)).toBe(0);
  });
  it("makes masks steady, but follows what moves", () => {
    const smoother = new Adaptive();
    for (const [k, frame] of steps.frames.entries()) {
      expect(difference(smoother.next(map(frame, 8, 6)).data, steps.smooth[k])).toBeLessThan(2e-5);
    }
  });
  it("sees where a scene begins", () => {
    const scenes = new Scenes();
    expect(steps.views.map((view) => scenes.begins(map(view, 50, 40)))).toEqual(steps.begins);
  });
});
