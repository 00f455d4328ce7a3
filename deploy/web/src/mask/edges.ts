/**
 * Edges of a mask moved onto the picture's own, by the fast guided filter: within a small window the probability is taken
 * for a linear function of brightness. The functions are found on a small copy and used at full size.
 */
import { clamp, type Plane, plane, type Rgba } from "./arrays";
import { boxMean } from "./blur";
import { halvings, resized, taps } from "./resize";

const WINDOW = 2.5;
const EPSILON = 1e-3;
const STEEPNESS = 2;

/** probability = slope * brightness / 255 + offset, on a small copy; and that copy's brightness, 0 to 1. */
export interface Lines {
  slope: Plane;
  offset: Plane;
  light: Plane;
}

/** The brightness of a picture, whole numbers from 0 to 255. */
export function brightness(picture: Rgba): Plane {
  const light = plane(picture.width, picture.height);
  const { data } = picture;
  for (let k = 0, from = 0; k < light.data.length; k++, from += 4) {
    light.data[k] = (data[from] * 9798 + data[from + 1] * 19235 + data[from + 2] * 3735 + 16384) >> 15;
  }
  return light;
}

/** How often a picture is halved for a filter that looks `radius` of its pixels far. */
export function copiesHalvings(radius: number): number {
  return halvings(radius / WINDOW);
}

/**
 * The lines of a picture's edges.
 *
 * @param prob - Probabilities of foreground at the network's size, or the picture's.
 * @param small - Brightness of the picture, halved `copiesHalvings(radius)` times; becomes `Lines.light`.
 * @param radius - How far from a pixel the picture is looked at, in its pixels.
 * @param threshold - Probability from which a pixel is foreground.
 */
export function lines(prob: Plane, small: Plane, radius: number, threshold: number): Lines {
  const steep = resized(prob, small.width, small.height);
  for (let k = 0; k < steep.data.length; k++) {
    steep.data[k] = clamp(STEEPNESS * (steep.data[k] - threshold) + threshold, 0, 1);
    small.data[k] /= 255;
  }
  const window = Math.max(1, roundHalfEven(radius / 2 ** copiesHalvings(radius)));
  const mean = (map: Plane) => boxMean(map, window);
  const product = (one: Plane, other: Plane): Plane => ({ ...one, data: one.data.map((value, k) => value * other.data[k]) });
  const meanLight = mean(small);
  const meanProb = mean(steep);
  const slope = mean(product(small, steep));
  const variance = mean(product(small, small));
  const offset = plane(small.width, small.height);
  for (let k = 0; k < slope.data.length; k++) {
    const spread = variance.data[k] - meanLight.data[k] ** 2;
    slope.data[k] = (slope.data[k] - meanLight.data[k] * meanProb.data[k]) / (spread + EPSILON);
    offset.data[k] = meanProb.data[k] - slope.data[k] * meanLight.data[k];
  }
  return { slope: mean(slope), offset: mean(offset), light: small };
}

/** Probabilities of the small copy itself. */
export function smallProb({ slope, offset, light }: Lines): Plane {
  const prob = plane(light.width, light.height);
  for (let k = 0; k < prob.data.length; k++) prob.data[k] = clamp(slope.data[k] * light.data[k] + offset.data[k], 0, 1);
  return prob;
}

/** Probabilities at full size. */
export function fullProb({ slope, offset }: Lines, light: Plane): Plane {
  const { width, height } = light;
  const prob = plane(width, height);
  const across = taps(slope.width, width);
  const down = taps(slope.height, height);
  const slopes = new Float32Array(slope.width);
  const offsets = new Float32Array(slope.width);
  for (let y = 0; y < height; y++) {
    const [near, far] = [down.near[y] * slope.width, down.far[y] * slope.width];
    const share = down.share[y];
    for (let x = 0; x < slope.width; x++) {
      slopes[x] = (slope.data[near + x] + share * (slope.data[far + x] - slope.data[near + x])) / 255;
      offsets[x] = offset.data[near + x] + share * (offset.data[far + x] - offset.data[near + x]);
    }
    for (let x = 0, place = y * width; x < width; x++, place++) {
      const [left, right, part] = [across.near[x], across.far[x], across.share[x]];
      const steep = slopes[left] + part * (slopes[right] - slopes[left]);
      const value = steep * light.data[place] + offsets[left] + part * (offsets[right] - offsets[left]);
      prob.data[place] = value < 0 ? 0 : value > 1 ? 1 : value;
    }
  }
  return prob;
}

/** Rounds as Python does: what lies in the middle goes to the even side. */
export function roundHalfEven(value: number): number {
  const low = Math.floor(value);
  if (value - low !== 0.5) return Math.round(value);
  return low % 2 ? low + 1 : low;
}

