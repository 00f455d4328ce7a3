import { type Plane, plane } from "./arrays";

/** The mean of the square of 2 * radius + 1 pixels around each pixel; the border is a mirror, as OpenCV's is. */
export function boxMean(map: Plane, radius: number): Plane {
  return columns(rows(map, radius), radius);
}

/** A Gaussian mean of standard deviation `sigma` pixels; the border is a mirror. */
export function gaussian(map: Plane, sigma: number): Plane {
  const weights = kernel(sigma);
  const radius = weights.length >> 1;
  const { width, height } = map;
  const narrow = plane(width, height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let k = -radius; k <= radius; k++) sum += weights[k + radius] * map.data[y * width + mirrored(x + k, width)];
      narrow.data[y * width + x] = sum;
    }
  }
  const result = plane(width, height);
  for (let y = 0; y < height; y++) {
    for (let k = -radius; k <= radius; k++) {
      const from = mirrored(y + k, height) * width;
      for (let x = 0; x < width; x++) result.data[y * width + x] += weights[k + radius] * narrow.data[from + x];
    }
  }
  return result;
}

/** Weights of a Gaussian, as wide as OpenCV takes it for floats. */
export function kernel(sigma: number): Float32Array {
  const radius = Math.round(sigma * 8 + 1) >> 1;
  const weights = Float32Array.from({ length: 2 * radius + 1 }, (_, k) => Math.exp(-((k - radius) ** 2) / (2 * sigma ** 2)));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/** A place beyond a line of `length` pixels, mirrored at its first or last pixel. */
export function mirrored(place: number, length: number): number {
  if (length === 1) return 0;
  let inside = place;
  while (inside < 0 || inside >= length) inside = inside < 0 ? -inside : 2 * length - 2 - inside;
  return inside;
}

function rows(map: Plane, radius: number): Plane {
  const { width, height, data } = map;
  const result = plane(width, height);
  const scale = 1 / (2 * radius + 1);
  for (let y = 0; y < height; y++) {
    const start = y * width;
    let sum = 0;
    for (let k = -radius; k <= radius; k++) sum += data[start + mirrored(k, width)];
    for (let x = 0; x < width; x++) {
      result.data[start + x] = sum * scale;
      const [next, last] = [x + radius + 1, x - radius];
      sum += data[start + (next < width ? next : mirrored(next, width))];
      sum -= data[start + (last >= 0 ? last : mirrored(last, width))];
    }
  }
  return result;
}

function columns(map: Plane, radius: number): Plane {
  const { width, height, data } = map;
  const result = plane(width, height);
  const scale = 1 / (2 * radius + 1);
  const sums = new Float64Array(width);
  for (let k = -radius; k <= radius; k++) {
    const from = mirrored(k, height) * width;
    for (let x = 0; x < width; x++) sums[x] += data[from + x];
  }
  for (let y = 0; y < height; y++) {
    const next = mirrored(y + radius + 1, height) * width;
    const last = mirrored(y - radius, height) * width;
    for (let x = 0; x < width; x++) {
      result.data[y * width + x] = sums[x] * scale;
      sums[x] += data[next + x] - data[last + x];
    }
  }
  return result;
}
