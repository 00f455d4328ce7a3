import type { Plane, Rgba } from "../mask/arrays";
import { fullOpacity, type Lines } from "../mask/edges";
import { type Background, blurRadius, cover } from "./background";
import type { Compositor } from "./compositor";
import { blurred, lightWrap, replaced } from "./pixels";

/** Draws on the processor, where there is no graphics processor. */
export class Canvas2d implements Compositor {
  readonly kind = "2d";
  private fitted?: { image: ImageBitmap; picture: Rgba };

  frame(picture: Rgba, lines: Lines, background: Background, init: VideoFrameInit): VideoFrame {
    const { data, width, height } = this.draw(picture, lines, background);
    return new VideoFrame(data as Uint8Array<ArrayBuffer>, {
      ...{ format: "RGBX", codedWidth: width, codedHeight: height, colorSpace: SRGB },
      ...{ timestamp: init.timestamp ?? 0, duration: init.duration },
    });
  }

  async bitmap(picture: Rgba, lines: Lines, background: Background): Promise<ImageBitmap> {
    return createImageBitmap(imageData(this.draw(picture, lines, background)));
  }

  release(): void {
    this.fitted = undefined;
  }

  private draw(picture: Rgba, lines: Lines, background: Background): Rgba {
    return overBackground(picture, fullOpacity(lines, picture), background, (image, width, height) => {
      const held = this.fitted;
      if (held?.image === image && held.picture.width === width && held.picture.height === height) return held.picture;
      this.fitted = { image, picture: filling(image, width, height) };
      return this.fitted.picture;
    });
  }
}

const SRGB: VideoColorSpaceInit = { primaries: "bt709", transfer: "iec61966-2-1", matrix: "rgb", fullRange: true };

/** A picture's people before a background. */
export function overBackground(
  picture: Rgba,
  share: Plane<Uint8Array>,
  background: Background,
  fitted = filling,
): Rgba {
  const { width, height } = picture;
  if (background.kind === "blur") return blurred(picture, share, blurRadius(background.strength, width, height));
  const behind =
    background.kind === "image" ? fitted(background.image, width, height) : plain(background.colour, width, height);
  const shown = replaced(picture, share, behind);
  if (background.lightWrap) lightWrap(shown, share, behind, background.lightWrap);
  return shown;
}

/** A picture filling a size with its middle. */
export function filling(image: ImageBitmap, width: number, height: number): Rgba {
  const context = new OffscreenCanvas(width, height).getContext("2d") as OffscreenCanvasRenderingContext2D;
  context.imageSmoothingQuality = "high";
  const part = cover(image, { width, height });
  context.drawImage(image, part.x, part.y, part.width, part.height, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
}

/** A picture as canvases take it. */
export function imageData({ data, width, height }: Rgba): ImageData {
  return new ImageData(new Uint8ClampedArray(data.buffer as ArrayBuffer, data.byteOffset, data.length), width, height);
}

function plain([red, green, blue]: [number, number, number], width: number, height: number): Rgba {
  const data = new Uint8Array(4 * width * height);
  new Uint32Array(data.buffer).fill(new Uint32Array(Uint8Array.of(red, green, blue, 255).buffer)[0]);
  return { data, width, height };
}
