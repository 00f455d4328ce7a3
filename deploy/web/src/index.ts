/**
 * Portrait segmentation in the browser.
 *
 * @packageDocumentation
 */
export type { Card } from "./card";
export { PortraitError, type PortraitErrorCode } from "./errors";
export type { Picture } from "./photo";
export {
  type Behind,
  type BlurOptions,
  createSegmenter,
  type ReplaceOptions,
  Segmenter,
  type SegmenterOptions,
  type StreamOptions,
} from "./segmenter";
export { openCamera } from "./stream/tracks";
export type { StreamFigures } from "./worker/effect";
export type { PhotoMask } from "./worker/messages";
export type { Runtime } from "./worker/network";
