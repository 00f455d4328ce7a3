/** People before another background, pixel by pixel: for photos, and for frames where there is no graphics processor. */
import type { Plane, Rgba } from "../mask/arrays";
import { gaussian } from "../mask/blur";
import { halved, resized } from "../mask/resize";
import { EDGE_SHARE, WRAP_SHARE } from "./background";
import { Enlarged, localMean, shrinking } from "./local_mean";

type Opacity = Plane<Uint8Array>;

/** The picture with its background out of focus; people's colours are left out of the mean, else they made a halo. */
export function blurred(picture: Rgba, opacity: Opacity, radius: number): Rgba {
  const { width, height } = picture;
  const behind = new Enlarged(localMean(picture, opacity, radius, "background"), width, height);
  const result = copied(picture);
  const own = words(result);
  const row = new Uint32Array(width);
  for (let y = 0, place = 0; y < height; y++) {
    behind.row(y);
    behind.words(row);
    for (let x = 0; x < width; x++, place++) {
      const share = opacity.data[place];
      if (share === 0) own[place] = row[x];
      else if (share < 255) own[place] = mixed(own[place], row[x], share);
    }
  }
  return result;
}

/** A pixel's colour of which a share, of 255, is `front`. */
function mixed(front: number, behind: number, share: number): number {
  const rest = 255 - share;
  const red = ((front & 255) * share + (behind & 255) * rest + 127) / 255;
  const green = (((front >> 8) & 255) * share + ((behind >> 8) & 255) * rest + 127) / 255;
  const blue = (((front >> 16) & 255) * share + ((behind >> 16) & 255) * rest + 127) / 255;
  return 0xff000000 | (blue << 16) | (green << 8) | red;
}

/** The picture's people with transparency around them; the old background's colour is taken out of the edge. */
export function cutOut(picture: Rgba, opacity: Opacity): Rgba {
  const result = copied(picture);
  takeOut(result, opacity);
  for (let k = 0; k < opacity.data.length; k++) result.data[4 * k + 3] = opacity.data[k];
  return result;
}

/** The picture's people before another picture of its size. */
export function replaced(picture: Rgba, opacity: Opacity, behind: Rgba): Rgba {
  const result = copied(picture);
  takeOut(result, opacity);
  const [own, other] = [words(result), words(behind)];
  for (let place = 0; place < opacity.data.length; place++) {
    const share = opacity.data[place];
    if (share === 0) own[place] = other[place];
    else if (share < 255) own[place] = mixed(own[place], other[place], share);
  }
  return result;
}

/**
 * Makes the colours of soft pixels what people have there, without the background; after Forte, "Approximate Fast Foreground
 * Colour Estimation" (ICIP 2021).
 */
function takeOut(picture: Rgba, opacity: Opacity): void {
  const { width, height, data } = picture;
  const radius = Math.max(width, height) * EDGE_SHARE;
  const front = new Enlarged(localMean(picture, opacity, radius, "foreground"), width, height);
  const back = new Enlarged(localMean(picture, opacity, radius, "background"), width, height);
  const clean = (mixed: number, share: number, own: number, other: number) => {
    const found = own + share * (mixed - share * own - (1 - share) * other) + 0.5;
    return found < 0 ? 0 : found > 255 ? 255 : found;
  };
  for (let y = 0, place = 0, ready = -1; y < height; y++) {
    for (let x = 0; x < width; x++, place++) {
      if (opacity.data[place] === 0 || opacity.data[place] === 255) continue;
      if (ready !== y) {
        front.row(y);
        back.row(y);
        ready = y;
      }
      front.at(x);
      back.at(x);
      const share = opacity.data[place] / 255;
      const at = 4 * place;
      data[at] = clean(data[at], share, front.red, back.red);
      data[at + 1] = clean(data[at + 1], share, front.green, back.green);
      data[at + 2] = clean(data[at + 2], share, front.blue, back.blue);
    }
  }
}

/** The background's light spilling over the people's edges; `picture`, the composite, is written into. */
export function lightWrap(picture: Rgba, opacity: Opacity, behind: Rgba, strength: number): void {
  const { width, height, data } = picture;
  const radius = Math.max(width, height) * WRAP_SHARE;
  const { times, sigma } = shrinking(radius);
  const glow = new Enlarged(localMean(behind, opacity, radius, "all"), width, height);
  const small = halved({ ...opacity, data: Float32Array.from(opacity.data) }, times);
  const inside = resized(gaussian(small, sigma), width, height);
  for (let y = 0, place = 0; y < height; y++) {
    glow.row(y);
    for (let x = 0; x < width; x++, place++) {
      const share = (strength * (1 - inside.data[place] / 255) * opacity.data[place]) / 255;
      if (share < 1e-3) continue;
      glow.at(x);
      const at = 4 * place;
      data[at] += share * (glow.red - data[at]) + 0.5;
      data[at + 1] += share * (glow.green - data[at + 1]) + 0.5;
      data[at + 2] += share * (glow.blue - data[at + 2]) + 0.5;
    }
  }
}

/** A copy to write into; plain bytes, whose writes cost less than those of clamped ones. */
function copied({ data, width, height }: Rgba): Rgba {
  return { data: new Uint8Array(data), width, height };
}

function words({ data }: Rgba): Uint32Array {
  return new Uint32Array(data.buffer, data.byteOffset, data.length / 4);
}
