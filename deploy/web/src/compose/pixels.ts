/** People before another background, pixel by pixel: for photos, and for frames where there is no WebGL2. */
import type { Plane, Rgba } from "../mask/arrays";
import { gaussian } from "../mask/blur";
import { halved, resized } from "../mask/resize";
import { EDGE_SHARE, WRAP_SHARE } from "./background";
import { Enlarged, localMean, shrinking } from "./local_mean";

type Opacity = Plane<Uint8Array>;

/** The picture out of focus; people's colours are left out of the mean, else they made a halo. */
export function blurBehind(picture: Rgba, opacity: Opacity, radius: number): Rgba {
  const { width, height } = picture;
  const means = new Enlarged(localMean(picture, opacity, radius, "background"), width, height);
  const data = new Uint8ClampedArray(4 * width * height);
  for (let y = 0; y < height; y++) {
    const row = means.at(y);
    for (let x = 0, to = 4 * y * width; x < width; x++, to += 4) {
      for (let c = 0; c < 3; c++) data[to + c] = row[3 * x + c];
      data[to + 3] = 255;
    }
  }
  return { data, width, height };
}

/**
 * People with transparency around them, or before another picture.
 *
 * @param behind - Of the same size; without it the result is transparent.
 * @param foreign - Whether `behind` looks other than the old background, whose colour then is taken out of the edge.
 */
export function composed(picture: Rgba, opacity: Opacity, behind?: Rgba, foreign = true): Rgba {
  const { width, height } = picture;
  const data = new Uint8ClampedArray(4 * width * height);
  const fronts = foreign ? new Fronts(picture, opacity) : undefined;
  for (let y = 0; y < height; y++) {
    const front = fronts?.row(y);
    for (let x = 0, place = y * width; x < width; x++, place++) {
      const share = opacity.data[place];
      const soft = share > 0 && share < 255;
      for (let c = 0, to = 4 * place; c < 3; c++, to++) {
        const own = soft && front ? front[3 * x + c] : picture.data[to];
        data[to] = behind ? (own * share + behind.data[to] * (255 - share)) / 255 : own;
      }
      data[4 * place + 3] = behind ? 255 : share;
    }
  }
  return { data, width, height };
}

/** What colour people have where they are mixed with the background; after Forte, ICIP 2021. */
class Fronts {
  private readonly means: [Enlarged, Enlarged];
  private readonly soft: Uint8Array;
  private readonly result: Float32Array;

  constructor(
    private readonly picture: Rgba,
    private readonly opacity: Opacity,
  ) {
    const { width, height } = picture;
    const radius = Math.max(width, height) * EDGE_SHARE;
    this.means = [
      new Enlarged(localMean(picture, opacity, radius, "foreground"), width, height),
      new Enlarged(localMean(picture, opacity, radius, "background"), width, height),
    ];
    this.soft = new Uint8Array(height);
    for (let y = 0; y < height; y++) {
      const row = opacity.data.subarray(y * width, (y + 1) * width);
      this.soft[y] = row.some((share) => share > 0 && share < 255) ? 1 : 0;
    }
    this.result = new Float32Array(3 * width);
  }

  /** Colours of a row, right where it is soft; nothing of a row that is soft nowhere. */
  row(y: number): Float32Array | undefined {
    if (!this.soft[y]) return undefined;
    const [front, back] = [this.means[0].at(y), this.means[1].at(y)];
    const { width } = this.picture;
    for (let x = 0, place = y * width; x < width; x++, place++) {
      const share = this.opacity.data[place] / 255;
      for (let c = 0, k = 3 * x; c < 3; c++, k++) {
        const mixed = this.picture.data[4 * place + c];
        const own = front[k] + share * (mixed - share * front[k] - (1 - share) * back[k]);
        this.result[k] = own < 0 ? 0 : own > 255 ? 255 : own;
      }
    }
    return this.result;
  }
}

/** The background's light spilling over the people's edges; `picture`, the composite, is written into. */
export function lightWrap(picture: Rgba, opacity: Opacity, behind: Rgba, strength: number): void {
  const { width, height } = picture;
  const radius = Math.max(width, height) * WRAP_SHARE;
  const { times, sigma } = shrinking(radius);
  const glow = new Enlarged(localMean(behind, opacity, radius, "all"), width, height);
  const small = halved({ ...opacity, data: Float32Array.from(opacity.data) }, times);
  const inside = resized(gaussian(small, sigma), width, height);
  for (let y = 0; y < height; y++) {
    const row = glow.at(y);
    for (let x = 0, place = y * width; x < width; x++, place++) {
      const share = (strength * (1 - inside.data[place] / 255) * opacity.data[place]) / 255;
      if (!share) continue;
      for (let c = 0, to = 4 * place; c < 3; c++, to++) {
        picture.data[to] = Math.round(picture.data[to] + share * (row[3 * x + c] - picture.data[to]));
      }
    }
  }
}
