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
  const row = new Float32Array(width + 2 * radius);
  for (let y = 0; y < height; y++) {
    fillRow(row, map, y, radius);
    const to = narrow.data.subarray(y * width, (y + 1) * width);
    for (let k = 0; k < weights.length; k++) {
      const weight = weights[k];
      for (let x = 0; x < width; x++) to[x] += weight * row[x + k];
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
  const weights = Float32Array.from({ length: 2 * radius + 1 }, (_, k) =>
    Math.exp(-((k - radius) ** 2) / (2 * sigma ** 2)),
  );
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

/** A row of a map between its mirrored ends, so that sums run over it without asking where they are. */
function fillRow(row: Float32Array, { data, width }: Plane, y: number, radius: number): void {
  const start = y * width;
  row.set(data.subarray(start, start + width), radius);
  for (let k = 1; k <= radius; k++) {
    row[radius - k] = data[start + mirrored(-k, width)];
    row[radius + width - 1 + k] = data[start + mirrored(width - 1 + k, width)];
  }
}

function rows(map: Plane, radius: number): Plane {
  const { width, height } = map;
  const result = plane(width, height);
  const scale = 1 / (2 * radius + 1);
  const row = new Float32Array(width + 2 * radius + 1);
  for (let y = 0; y < height; y++) {
    const start = y * width;
    fillRow(row, map, y, radius);
    let sum = 0;
    for (let k = 0; k < 2 * radius + 1; k++) sum += row[k];
    for (let x = 0; x < width; x++) {
      result.data[start + x] = sum * scale;
      sum += row[x + 2 * radius + 1] - row[x];
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
