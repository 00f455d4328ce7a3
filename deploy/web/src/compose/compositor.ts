import type { Rgba } from "../mask/arrays";
import type { Lines } from "../mask/edges";
import { type Background } from "./background";
import { Canvas2d } from "./canvas_2d";
import { WebGl } from "./web_gl";

/** Draws people before a background. */
export interface Compositor {
  readonly kind: "webgl2" | "2d";
  /** What the frame last drawn is on. */
  readonly canvas: OffscreenCanvas;
  /** Draw a frame. */
  draw(picture: Rgba, lines: Lines, background: Background): void;
  release(): void;
}

/** The fastest compositor there is. */
export function openCompositor(kind?: Compositor["kind"]): Compositor {
  return (kind !== "2d" && WebGl.open()) || new Canvas2d();
}
