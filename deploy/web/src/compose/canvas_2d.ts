import type { Rgba } from "../mask/arrays";
import { brightness, fullProb, type Lines } from "../mask/edges";
import { opacity } from "../mask/matte";
import { type Background, blurRadius, cover } from "./background";
import type { Compositor } from "./compositor";
import { blurBehind, composed, lightWrap } from "./pixels";

/** Draws on the processor, where there is no WebGL2. */
export class Canvas2d implements Compositor {
  readonly kind = "2d";
  readonly canvas = new OffscreenCanvas(1, 1);
  private readonly context = this.canvas.getContext("2d") as OffscreenCanvasRenderingContext2D;
  private fitted?: { key: unknown; picture: Rgba };

  draw(picture: Rgba, lines: Lines, background: Background): void {
    const { width, height } = picture;
    Object.assign(this.canvas, { width, height });
    const shown = overBackground(picture, opacity(fullProb(lines, brightness(picture))), background, (image) => {
      const key = `${width}x${height}`;
      if (this.fitted?.key !== key) this.fitted = { key, picture: fit(image, width, height) };
      return this.fitted.picture;
    });
    this.context.putImageData(new ImageData(shown.data as Uint8ClampedArray<ArrayBuffer>, width, height), 0, 0);
  }

  release(): void {
    Object.assign(this.canvas, { width: 1, height: 1 });
  }
}

/** A picture's people before a background. */
export function overBackground(
  picture: Rgba,
  share: ReturnType<typeof opacity>,
  background: Background,
  fitted: (image: ImageBitmap) => Rgba,
): Rgba {
  const { width, height } = picture;
  if (background.kind === "blur") {
    const behind = blurBehind(picture, share, blurRadius(background.strength, width, height));
    return composed(picture, share, behind, false);
  }
  const behind = background.kind === "image" ? fitted(background.image) : plain(background.colour, width, height);
  const shown = composed(picture, share, behind);
  if (background.lightWrap) lightWrap(shown, share, behind, background.lightWrap);
  return shown;
}

/** A picture filling a size with its middle. */
export function fit(image: ImageBitmap, width: number, height: number): Rgba {
  const context = new OffscreenCanvas(width, height).getContext("2d") as OffscreenCanvasRenderingContext2D;
  context.imageSmoothingQuality = "high";
  const part = cover(image, { width, height });
  context.drawImage(image, part.x, part.y, part.width, part.height, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
}

function plain([red, green, blue]: [number, number, number], width: number, height: number): Rgba {
  const data = new Uint8ClampedArray(4 * width * height);
  new Uint32Array(data.buffer).fill(new Uint32Array(Uint8Array.of(red, green, blue, 255).buffer)[0]);
  return { data, width, height };
}
