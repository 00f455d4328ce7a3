/**
 * Edges of a mask moved onto the picture's own, by the fast guided filter: within a small window the probability is taken
 * for a linear function of brightness. The functions are found on a small copy and used at full size.
 */
import { clamp, type Plane, plane, type Rgba } from "./arrays";
import { boxMean } from "./blur";
import { OPACITY, RAMP } from "./matte";
import { halvings, resized, taps } from "./resize";

const WINDOW = 2.5;
const EPSILON = 1e-3;
const STEEPNESS = 2;

/**
 * probability = slope * brightness / 255 + offset, on a small copy; and that copy's brightness, 0 to 1. A pixel of the copy
 * stands for `side` by `side` pixels of the picture, the last ones for fewer.
 */
export interface Lines {
  slope: Plane;
  offset: Plane;
  light: Plane;
  side: number;
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

/**
 * The brightness of a picture halved `times` times: means of blocks, without the large map. Where blocks go over the border,
 * the last row and column are repeated.
 */
export function smallBrightness(picture: Rgba, times: number): Plane {
  if (!times) return brightness(picture);
  const side = 2 ** times;
  const { data, width, height } = picture;
  const light = plane(Math.ceil(width / side), Math.ceil(height / side));
  const luma = (at: number) => data[at] * 9798 + data[at + 1] * 19235 + data[at + 2] * 3735;
  const whole = Math.floor(width / side);
  for (let y = 0; y < light.height; y++) {
    for (let row = 0; row < side; row++) {
      let from = 4 * Math.min(y * side + row, height - 1) * width;
      let to = y * light.width;
      for (const last = to + whole; to < last; to++) {
        let sum = 0;
        for (const end = from + 4 * side; from < end; from += 4) sum += luma(from);
        light.data[to] += sum;
      }
      for (let x = whole * side; x < light.width * side; x++, from += 4) {
        light.data[to] += luma(x < width ? from : from - 4 * (x - width + 1));
      }
    }
  }
  const scale = 1 / (32768 * side * side);
  for (let k = 0; k < light.data.length; k++) light.data[k] *= scale;
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
  const side = 2 ** copiesHalvings(radius);
  const window = Math.max(1, roundHalfEven(radius / side));
  const mean = (map: Plane) => boxMean(map, window);
  const meanLight = mean(small);
  const meanProb = mean(steep);
  const both = plane(small.width, small.height);
  const square = plane(small.width, small.height);
  for (let k = 0; k < both.data.length; k++) {
    both.data[k] = small.data[k] * steep.data[k];
    square.data[k] = small.data[k] * small.data[k];
  }
  const slope = mean(both);
  const variance = mean(square);
  const offset = both;
  for (let k = 0; k < slope.data.length; k++) {
    const spread = variance.data[k] - meanLight.data[k] * meanLight.data[k];
    slope.data[k] = (slope.data[k] - meanLight.data[k] * meanProb.data[k]) / (spread + EPSILON);
    offset.data[k] = meanProb.data[k] - slope.data[k] * meanLight.data[k];
  }
  return { slope: mean(slope), offset: mean(offset), light: small, side };
}

/** Probabilities of the small copy itself. */
export function smallProb({ slope, offset, light }: Lines): Plane {
  const prob = plane(light.width, light.height);
  for (let k = 0; k < prob.data.length; k++) prob.data[k] = clamp(slope.data[k] * light.data[k] + offset.data[k], 0, 1);
  return prob;
}

/** Probabilities at full size. */
export function fullProb(lines: Lines, picture: Rgba): Plane {
  const { width, height } = picture;
  const prob = plane(width, height);
  const rows = new Rows(lines, picture);
  for (let y = 0; y < height; y++) prob.data.set(rows.at(y), y * width);
  return prob;
}

/**
 * How opaque people are at full size. The edge is worked out; between four pixels of the small copies whose lines all end
 * beyond the soft part, whatever the brightness, it is 0 or 255.
 */
export function fullOpacity(lines: Lines, picture: Rgba): Plane<Uint8Array> {
  const { width, height } = picture;
  const data = new Uint8Array(width * height);
  const rows = new Rows(lines, picture);
  const runs = new Runs(lines, width);
  const down = taps(lines.slope.height, lines.slope.height * lines.side);
  for (let y = 0; y < height; y++) {
    const start = y * width;
    let row: Float32Array | undefined;
    runs.between(down.near[y], down.far[y], (kind, from, to) => {
      if (kind === CLEAR) return;
      if (kind === OPAQUE) {
        data.fill(255, start + from, start + to);
        return;
      }
      row ??= rows.ready(y);
      rows.work(y, from, to);
      for (let x = from; x < to; x++) data[start + x] = OPACITY[(row[x] * 255 + 0.5) | 0];
    });
  }
  return { data, width, height };
}

const CLEAR = 1;
const OPAQUE = 2;

/** For each pixel of the small copies, whether its line is clear, or opaque, whatever the brightness. */
function corners({ slope, offset }: Lines): Uint8Array {
  const kinds = new Uint8Array(slope.data.length);
  const [clear, opaque] = [RAMP[0], RAMP[1] + 1 / 255];
  for (let k = 0; k < kinds.length; k++) {
    const dark = offset.data[k];
    const bright = dark + slope.data[k];
    if (dark < clear && bright < clear) kinds[k] = CLEAR;
    else if (dark > opaque && bright > opaque) kinds[k] = OPAQUE;
  }
  return kinds;
}

/** Runs of pixels of one kind between two rows of the small copies. */
class Runs {
  private readonly kinds: Uint8Array;
  /** Where pixels begin that lie between other columns, and which these are. */
  private readonly starts: { start: number; near: number; far: number }[] = [];
  private readonly small: number;

  constructor(
    lines: Lines,
    private readonly width: number,
  ) {
    this.kinds = corners(lines);
    this.small = lines.slope.width;
    const { near, far } = taps(this.small, this.small * lines.side);
    for (let x = 0; x < width; x++) {
      const last = this.starts[this.starts.length - 1];
      if (last?.near !== near[x] || last.far !== far[x]) this.starts.push({ start: x, near: near[x], far: far[x] });
    }
  }

  between(upper: number, lower: number, found: (kind: number, from: number, to: number) => void): void {
    const { kinds, small } = this;
    let kind = -1;
    let from = 0;
    for (const { start, near, far } of this.starts) {
      const above = kinds[upper * small + near] & kinds[upper * small + far];
      const here = above & kinds[lower * small + near] & kinds[lower * small + far];
      if (here === kind) continue;
      if (start) found(kind, from, start);
      kind = here;
      from = start;
    }
    found(kind, from, this.width);
  }
}

/** Probabilities at full size, row by row. */
class Rows {
  private readonly across;
  private readonly down;
  private readonly slopes: Float32Array;
  private readonly offsets: Float32Array;
  private readonly row: Float32Array;

  constructor(
    private readonly lines: Lines,
    private readonly picture: Rgba,
  ) {
    const { slope, side } = lines;
    this.across = taps(slope.width, slope.width * side);
    this.down = taps(slope.height, slope.height * side);
    this.slopes = new Float32Array(slope.width);
    this.offsets = new Float32Array(slope.width);
    this.row = new Float32Array(picture.width);
  }

  /** A row; overwritten by the next. */
  at(y: number): Float32Array {
    this.ready(y);
    return this.work(y, 0, this.picture.width);
  }

  /** Some pixels of the row that is ready. */
  work(y: number, from: number, to: number): Float32Array {
    const { slopes, offsets, row } = this;
    const { data, width } = this.picture;
    const { near, far, share } = this.across;
    for (let x = from, at = 4 * (y * width + from); x < to; x++, at += 4) {
      const left = near[x];
      const right = far[x];
      const part = share[x];
      const slope = slopes[left] + part * (slopes[right] - slopes[left]);
      const offset = offsets[left] + part * (offsets[right] - offsets[left]);
      const light = (data[at] * 9798 + data[at + 1] * 19235 + data[at + 2] * 3735 + 16384) >> 15;
      const value = slope * light + offset;
      row[x] = value < 0 ? 0 : value > 1 ? 1 : value;
    }
    return row;
  }

  /** Makes a row ready: the lines of the small copies between their rows. */
  ready(y: number): Float32Array {
    const { slopes, offsets } = this;
    const { slope, offset } = this.lines;
    const { width } = slope;
    const [near, far, share] = [this.down.near[y] * width, this.down.far[y] * width, this.down.share[y]];
    for (let x = 0; x < width; x++) {
      slopes[x] = (slope.data[near + x] + share * (slope.data[far + x] - slope.data[near + x])) / 255;
      offsets[x] = offset.data[near + x] + share * (offset.data[far + x] - offset.data[near + x]);
    }
    return this.row;
  }
}

/** Rounds as Python does: what lies in the middle goes to the even side. */
export function roundHalfEven(value: number): number {
  const low = Math.floor(value);
  if (value - low !== 0.5) return Math.round(value);
  return low % 2 ? low + 1 : low;
}
