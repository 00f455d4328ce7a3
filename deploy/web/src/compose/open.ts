import { Canvas2d } from "./canvas_2d";
import type { Compositor } from "./compositor";
import { WebGl } from "./web_gl";

/** The one that is asked for; else WebGL2 where a graphics processor does it, and the processor elsewhere. */
export function openCompositor(kind?: Compositor["kind"]): Compositor {
  return (kind !== "2d" && WebGl.open(kind === "webgl2")) || new Canvas2d();
}
