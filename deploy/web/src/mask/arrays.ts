/** A map of one number a pixel, row by row. */
export interface Plane<T extends Float32Array | Uint8Array = Float32Array> {
  data: T;
  width: number;
  height: number;
}

/** A picture as canvases give it: red, green, blue and opacity, 0 to 255, four bytes a pixel. */
export interface Rgba {
  data: Uint8ClampedArray | Uint8Array;
  width: number;
  height: number;
}

/** An empty map. */
export function plane(width: number, height: number): Plane {
  return { data: new Float32Array(width * height), width, height };
}

/** A number held within bounds. */
export function clamp(value: number, low: number, high: number): number {
  return value < low ? low : value > high ? high : value;
}
