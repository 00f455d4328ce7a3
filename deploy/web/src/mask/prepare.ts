import type { Card } from "../card";
import type { Plane, Rgba } from "./arrays";
import { roundHalfEven } from "./edges";
import { taps } from "./resize";

/** What the network sees: (3, height, width), and its green channel, by which scenes and motion are told. */
export interface Input {
  tensor: Float32Array;
  width: number;
  height: number;
}

/** The network's size for a picture: about the card's area, at the picture's shape. */
export function inputSize(card: Card, width: number, height: number): { width: number; height: number } {
  const factor = Math.sqrt(card.area / (width * height)) / card.divisor;
  const side = (length: number) => Math.max(roundHalfEven(length * factor), 1) * card.divisor;
  return { width: side(width), height: side(height) };
}

/** What OpenCV multiplies shares by when it resizes pictures. */
const ONE = 2048;

/**
 * The network's input for a picture: resized bilinearly, then normalised. In whole numbers, as OpenCV does it: a grey level
 * more or less moves masks where the network is in doubt.
 */
export function prepare(card: Card, picture: Rgba): Input {
  const { width, height } = inputSize(card, picture.width, picture.height);
  const { data } = picture;
  const tensor = new Float32Array(3 * width * height);
  const across = taps(picture.width, width);
  const down = taps(picture.height, height);
  const rights = across.share.map((share) => roundHalfEven(share * ONE));
  const lefts = across.share.map((share) => roundHalfEven((1 - share) * ONE));
  const area = width * height;
  for (let channel = 0; channel < 3; channel++) {
    const scale = 1 / (255 * card.std[channel]);
    const shift = -card.mean[channel] / card.std[channel];
    for (let y = 0, place = channel * area; y < height; y++) {
      const near = 4 * down.near[y] * picture.width + channel;
      const far = 4 * down.far[y] * picture.width + channel;
      const lower = roundHalfEven(down.share[y] * ONE);
      const upper = roundHalfEven((1 - down.share[y]) * ONE);
      for (let x = 0; x < width; x++, place++) {
        const a = 4 * across.near[x];
        const b = 4 * across.far[x];
        const above = (data[near + a] * lefts[x] + data[near + b] * rights[x]) >> 4;
        const below = (data[far + a] * lefts[x] + data[far + b] * rights[x]) >> 4;
        tensor[place] = ((((upper * above) >> 16) + ((lower * below) >> 16) + 2) >> 2) * scale + shift;
      }
    }
  }
  return { tensor, width, height };
}

/** The green channel. */
export function view({ tensor, width, height }: Input): Plane {
  return { data: tensor.subarray(width * height, 2 * width * height), width, height };
}
