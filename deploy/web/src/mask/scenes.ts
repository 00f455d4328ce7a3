import type { Plane } from "./arrays";
import { shrunk } from "./resize";

const WIDTH = 32;
const HEIGHT = 18;
/** Correlation of two thumbnails below which they show different scenes. */
const ALIKE = 0.6;

/** Tells for one frame after the other whether a scene begins. */
export class Scenes {
  private before?: Float32Array;

  reset(): void {
    this.before = undefined;
  }

  /** Whether a frame, given its green or grey values, shows another scene than the one before; so does the first. */
  begins(view: Plane): boolean {
    const small = shrunk(view, WIDTH, HEIGHT).data;
    const mean = small.reduce((sum, value) => sum + value, 0) / small.length;
    for (let k = 0; k < small.length; k++) small[k] -= mean;
    const before = this.before;
    this.before = small;
    if (!before) return true;
    const spread = Math.sqrt(product(small, small) * product(before, before));
    return spread > 1e-6 && product(small, before) < ALIKE * spread;
  }
}

function product(one: Float32Array, other: Float32Array): number {
  let sum = 0;
  for (let k = 0; k < one.length; k++) sum += one[k] * other[k];
  return sum;
}
