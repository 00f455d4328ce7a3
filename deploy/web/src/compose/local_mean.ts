/** The mean colour around each pixel of a picture, of the pixels that count there; found on a small copy. */
import { clamp, type Plane, plane, type Rgba } from "../mask/arrays";
import { boxMean, gaussian } from "../mask/blur";
import { halved, halvings, taps } from "../mask/resize";

/** Radius of the Gaussian on the small copy, at least: enough for no pixel of it to show when it is enlarged. */
export const RADIUS = 2;
/** Weight of the mean of all pixels, so that those far from any that counts have a colour at all. */
export const TINY = 1e-3;
/** A pixel of the small copy of which more than a twentieth is not meant would bring the wrong colour in. */
export const SURE = 20;

/** Which pixels count. */
export type Which = "foreground" | "background" | "all";

/** How often a picture is halved for a mean of some radius, and the radius that remains. */
export function shrinking(radius: number): { times: number; sigma: number } {
  const times = halvings(radius / RADIUS);
  return { times, sigma: Math.max(radius / 2 ** times, 0.5) };
}

/** Red, green and blue of a small copy. */
export type Colours = [Plane, Plane, Plane];

/**
 * Local means on a small copy.
 *
 * @param opacity - How opaque the people are at each pixel, 0 to 255.
 * @param radius - In pixels of the picture.
 */
export function localMean(picture: Rgba, opacity: Plane<Uint8Array>, radius: number, which: Which): Colours {
  const { times, sigma } = shrinking(radius);
  const small = halved(floats(opacity), times);
  const share = { ...small, data: small.data.map((value) => counts(value / 255, which)) };
  const weight = total(share, sigma);
  return [0, 1, 2].map((channel) => {
    const colour = halved(channelOf(picture, channel), times);
    for (let k = 0; k < share.data.length; k++) colour.data[k] *= share.data[k];
    const sum = total(colour, sigma);
    for (let k = 0; k < share.data.length; k++) sum.data[k] /= Math.max(weight.data[k], 1e-8);
    return sum;
  }) as Colours;
}

/** How much a pixel counts of which some share is people. */
function counts(share: number, which: Which): number {
  if (which === "all") return 1;
  return clamp(which === "foreground" ? share * SURE + 1 - SURE : 1 - share * SURE, 0, 1);
}

function total(map: Plane, sigma: number): Plane {
  const near = gaussian(map, sigma);
  const far = boxMean(map, Math.max(map.width, map.height) >> 1);
  for (let k = 0; k < near.data.length; k++) near.data[k] += TINY * far.data[k];
  return near;
}

/** Calls back with the mean at each pixel of a row, red, green and blue in a row. */
export class Enlarged {
  private readonly across;
  private readonly down;
  private readonly row: Float32Array;

  constructor(
    private readonly colours: Colours,
    private readonly width: number,
    height: number,
  ) {
    this.across = taps(colours[0].width, width);
    this.down = taps(colours[0].height, height);
    this.row = new Float32Array(3 * width);
  }

  /** The means of a row; overwritten by the next. */
  at(y: number): Float32Array {
    const { row, across, width } = this;
    const part = this.down.share[y];
    this.colours.forEach((map, channel) => {
      const [near, far] = [this.down.near[y] * map.width, this.down.far[y] * map.width];
      for (let x = 0; x < width; x++) {
        const [left, right, share] = [across.near[x], across.far[x], across.share[x]];
        const upper = map.data[near + left] + share * (map.data[near + right] - map.data[near + left]);
        const lower = map.data[far + left] + share * (map.data[far + right] - map.data[far + left]);
        row[3 * x + channel] = upper + part * (lower - upper);
      }
    });
    return row;
  }
}

function channelOf(picture: Rgba, channel: number): Plane {
  const map = plane(picture.width, picture.height);
  for (let k = 0, from = channel; k < map.data.length; k++, from += 4) map.data[k] = picture.data[from];
  return map;
}

function floats(map: Plane<Uint8Array>): Plane {
  return { ...map, data: Float32Array.from(map.data) };
}
