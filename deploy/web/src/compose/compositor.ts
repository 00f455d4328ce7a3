import type { Rgba } from "../mask/arrays";
import type { Lines } from "../mask/edges";
import type { Background } from "./background";

/** Draws people before a background. */
export interface Compositor {
  readonly kind: "webgl2" | "2d";
  /** A frame of a stream. */
  frame(picture: Rgba, lines: Lines, background: Background, init: VideoFrameInit): VideoFrame;
  /** The same as a bitmap. */
  bitmap(picture: Rgba, lines: Lines, background: Background): Promise<ImageBitmap>;
  release(): void;
}
