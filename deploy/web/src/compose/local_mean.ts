/** The mean colour around each pixel of a picture, of the pixels that count there; found on a small copy. */
import { clamp, type Plane, plane, type Rgba } from "../mask/arrays";
import { boxMean, gaussian } from "../mask/blur";
import { halvings, taps } from "../mask/resize";

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
  const { colours, share } = small(picture, opacity, times);
  for (let k = 0; k < share.data.length; k++) share.data[k] = counts(share.data[k] / 255, which);
  const weight = total(share, sigma);
  return colours.map((colour) => {
    for (let k = 0; k < share.data.length; k++) colour.data[k] *= share.data[k];
    const sum = total(colour, sigma);
    for (let k = 0; k < share.data.length; k++) sum.data[k] /= Math.max(weight.data[k], 1e-8);
    return sum;
  }) as Colours;
}

/** Means of blocks of 2 ** times by 2 ** times pixels. */
function small(picture: Rgba, opacity: Plane<Uint8Array>, times: number): { colours: Colours; share: Plane } {
  const [width, height] = [Math.max(picture.width >> times, 1), Math.max(picture.height >> times, 1)];
  const maps = [0, 1, 2, 3].map(() => plane(width, height)) as [Plane, Plane, Plane, Plane];
  const { data } = picture;
  const lefts = Array.from({ length: width + 1 }, (_, x) => Math.floor((x * picture.width) / width));
  const sums = new Float64Array(4 * width);
  const every = times > 2 ? 2 : 1; // half the rows of a large block have its mean
  for (let y = 0; y < height; y++) {
    const [top, bottom] = [y, y + 1].map((row) => Math.floor((row * picture.height) / height));
    sums.fill(0);
    for (let row = top; row < bottom; row += every) {
      for (let x = 0; x < width; x++) {
        let [red, green, blue, share] = [0, 0, 0, 0];
        const end = row * picture.width + lefts[x + 1];
        for (let place = row * picture.width + lefts[x]; place < end; place++) {
          red += data[4 * place];
          green += data[4 * place + 1];
          blue += data[4 * place + 2];
          share += opacity.data[place];
        }
        sums[4 * x] += red;
        sums[4 * x + 1] += green;
        sums[4 * x + 2] += blue;
        sums[4 * x + 3] += share;
      }
    }
    for (let x = 0; x < width; x++) {
      const area = Math.ceil((bottom - top) / every) * (lefts[x + 1] - lefts[x]);
      for (let c = 0; c < 4; c++) maps[c].data[y * width + x] = sums[4 * x + c] / area;
    }
  }
  const [red, green, blue, share] = maps;
  return { colours: [red, green, blue], share };
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

/** A small copy at the size of its picture, pixel by pixel where it is asked for. */
export class Enlarged {
  /** The pixel last asked for. */
  red = 0;
  green = 0;
  blue = 0;
  private readonly across;
  private readonly down;
  private readonly line: Float32Array;

  constructor(
    private readonly colours: Colours,
    width: number,
    height: number,
  ) {
    this.across = taps(colours[0].width, width);
    this.down = taps(colours[0].height, height);
    this.line = new Float32Array(3 * colours[0].width);
  }

  /** The row that `at` speaks of. */
  row(y: number): void {
    const { line, down } = this;
    const { width } = this.colours[0];
    const [near, far, share] = [down.near[y] * width, down.far[y] * width, down.share[y]];
    for (let channel = 0; channel < 3; channel++) {
      const { data } = this.colours[channel];
      for (let x = 0; x < width; x++) line[3 * x + channel] = data[near + x] + share * (data[far + x] - data[near + x]);
    }
  }

  /** All of the row, as whole pixels. */
  words(row: Uint32Array): void {
    const { line } = this;
    const { near, far, share } = this.across;
    for (let x = 0; x < row.length; ) {
      const left = 3 * near[x];
      const right = 3 * far[x];
      // Between two pixels of the small copy colours change by the same step.
      const step = x + 1 < row.length && near[x + 1] === near[x] ? share[x + 1] - share[x] : 0;
      const [reds, greens, blues] = [
        line[right] - line[left],
        line[right + 1] - line[left + 1],
        line[right + 2] - line[left + 2],
      ];
      let red = line[left] + share[x] * reds + 0.5;
      let green = line[left + 1] + share[x] * greens + 0.5;
      let blue = line[left + 2] + share[x] * blues + 0.5;
      const start = near[x];
      const end = far[x];
      for (; x < row.length && near[x] === start && far[x] === end; x++) {
        row[x] = 0xff000000 | (blue << 16) | (green << 8) | red;
        red += step * reds;
        green += step * greens;
        blue += step * blues;
      }
    }
  }

  /** Look at a pixel of the row. */
  at(x: number): void {
    const { line } = this;
    const [left, right, share] = [3 * this.across.near[x], 3 * this.across.far[x], this.across.share[x]];
    this.red = line[left] + share * (line[right] - line[left]);
    this.green = line[left + 1] + share * (line[right + 1] - line[left + 1]);
    this.blue = line[left + 2] + share * (line[right + 2] - line[left + 2]);
  }
}
