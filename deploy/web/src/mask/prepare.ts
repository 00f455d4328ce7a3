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

/** The network's input for a picture: resized bilinearly to whole numbers, then normalised. */
export function prepare(card: Card, picture: Rgba): Input {
  const { width, height } = inputSize(card, picture.width, picture.height);
  const { data } = picture;
  const tensor = new Float32Array(3 * width * height);
  const across = taps(picture.width, width);
  const down = taps(picture.height, height);
  const scale = [0, 1, 2].map((c) => 1 / (255 * card.std[c]));
  const shift = [0, 1, 2].map((c) => -card.mean[c] / card.std[c]);
  const area = width * height;
  for (let y = 0, place = 0; y < height; y++) {
    const [near, far] = [down.near[y] * picture.width, down.far[y] * picture.width];
    const part = down.share[y];
    for (let x = 0; x < width; x++, place++) {
      const share = across.share[x];
      const [a, b] = [4 * (near + across.near[x]), 4 * (near + across.far[x])];
      const [c, d] = [4 * (far + across.near[x]), 4 * (far + across.far[x])];
      for (let channel = 0; channel < 3; channel++) {
        const upper = data[a + channel] + share * (data[b + channel] - data[a + channel]);
        const lower = data[c + channel] + share * (data[d + channel] - data[c + channel]);
        tensor[channel * area + place] = Math.floor(upper + part * (lower - upper) + 0.5) * scale[channel] + shift[channel];
      }
    }
  }
  return { tensor, width, height };
}

/** The green channel. */
export function view({ tensor, width, height }: Input): Plane {
  return { data: tensor.subarray(width * height, 2 * width * height), width, height };
}
