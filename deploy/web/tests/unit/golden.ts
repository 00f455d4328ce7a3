/** What the Python package makes of small inputs; tests/golden.py writes it. */

import type { Plane } from "../../src/mask/arrays";
import steps from "../golden/steps.json";

export { steps };

export function map(values: number[], width: number, height: number): Plane {
  return { data: Float32Array.from(values), width, height };
}

/** The small photo, as canvases give pictures. */
export function photo() {
  const data = new Uint8ClampedArray(4 * 72 * 48).fill(255);
  for (let k = 0; k < 72 * 48; k++) data.set(steps.photo.slice(3 * k, 3 * k + 3), 4 * k);
  return { data, width: 72, height: 48 };
}

/** The largest difference of two lists of numbers. */
export function difference(found: ArrayLike<number>, wanted: ArrayLike<number>): number {
  if (found.length !== wanted.length) return Number.POSITIVE_INFINITY;
  return Array.from(found).reduce((most, value, k) => Math.max(most, Math.abs(value - wanted[k])), 0);
}
