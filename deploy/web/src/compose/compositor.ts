import type { Rgba } from "../mask/arrays";
import type { Lines } from "../mask/edges";
import type { Background } from "./background";
import { Canvas2d } from "./canvas_2d";
import { WebGl } from "./web_gl";

/** Draws people before a background. */
export interface Compositor {
  readonly kind: "webgl2" | "2d";
  /** A frame of a stream. */
  frame(picture: Rgba, lines: Lines, background: Background, init: VideoFrameInit): VideoFrame;
  /** The same as a bitmap. */
  bitmap(picture: Rgba, lines: Lines, background: Background): Promise<ImageBitmap>;
  release(): void;
}

/** The one that is asked for; else WebGL2 where a graphics processor does it, and the processor elsewhere. */
export function openCompositor(kind?: Compositor["kind"]): Compositor {
  return (kind !== "2d" && WebGl.open(kind === "webgl2")) || new Canvas2d();
}
