import { PortraitError } from "../errors";

/** What stands behind people, as the worker takes it. */
export type Background =
  | { kind: "blur"; strength: number }
  | { kind: "colour"; colour: [number, number, number]; lightWrap: number }
  | { kind: "image"; image: ImageBitmap; lightWrap: number };

/** Radius of the estimate of the foreground's colour, as a share of the longer side: it has to span the soft edge. */
export const EDGE_SHARE = 0.02;
/** Radius of the light around the edge, likewise. */
export const WRAP_SHARE = 0.015;

/** Radius of a blur of some strength, in pixels of a picture. */
export function blurRadius(strength: number, width: number, height: number): number {
  return (Math.max(width, height) * strength) / 1000;
}

/**
 * A blur.
 *
 * @throws PortraitError "bad-setting": The strength is out of range.
 */
export function blurred(strength = 30): Background {
  return { kind: "blur", strength: inRange("strength", strength, 1, 60) };
}

/**
 * A colour or a picture.
 *
 * @throws PortraitError "bad-setting": A setting is out of range.
 */
export function replaced(behind: string | ImageBitmap, lightWrap = 0): Background {
  inRange("lightWrap", lightWrap, 0, 1);
  if (typeof behind !== "string") return { kind: "image", image: behind, lightWrap };
  const digits = /^#([0-9a-f]{6})$/i.exec(behind)?.[1];
  if (!digits) throw new PortraitError("bad-setting", `${behind} is no colour`, 'give one such as "#00b140"');
  const number = Number.parseInt(digits, 16);
  return { kind: "colour", colour: [number >> 16, (number >> 8) & 255, number & 255], lightWrap };
}

function inRange(name: string, value: number, low: number, high: number): number {
  if (value >= low && value <= high) return value;
  throw new PortraitError("bad-setting", `${name} is ${value}`, `give a number from ${low} to ${high}`);
}

/** The part of a picture that fills a frame without distortion, its middle: where it begins and how large it is. */
export function cover(picture: { width: number; height: number }, frame: { width: number; height: number }) {
  const scale = Math.max(frame.width / picture.width, frame.height / picture.height);
  const [width, height] = [frame.width / scale, frame.height / scale];
  return { x: (picture.width - width) / 2, y: (picture.height - height) / 2, width, height };
}
