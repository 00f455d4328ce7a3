import type { Rgba } from "../mask/arrays";

/** Reads frames as pixels, into memory that the next frame takes again. */
export class PixelReader {
  /** The pixels last read. */
  last?: Rgba;
  private buffer = new Uint8ClampedArray(0);
  private canvas?: OffscreenCanvasRenderingContext2D;
  private canConvert = true;

  /** A frame's pixels; overwritten by the next. */
  async read(frame: VideoFrame | ImageBitmap): Promise<Rgba> {
    this.last = (await this.copied(frame)) ?? this.drawn(frame);
    return this.last;
  }

  private async copied(frame: VideoFrame | ImageBitmap): Promise<Rgba | undefined> {
    if (this.canConvert && "copyTo" in frame && frame.format) {
      const { visibleRect } = frame;
      const [width, height] = [visibleRect?.width ?? frame.codedWidth, visibleRect?.height ?? frame.codedHeight];
      // A frame that is shown turned or stretched is drawn instead.
      if (width === frame.displayWidth && height === frame.displayHeight) {
        if (this.buffer.length !== 4 * width * height) this.buffer = new Uint8ClampedArray(4 * width * height);
        try {
          await frame.copyTo(this.buffer, { format: "RGBA", colorSpace: "srgb" });
          return { data: this.buffer, width, height };
        } catch {
          this.canConvert = false; // a browser that copies planes only
        }
      }
    }
    return undefined;
  }

  private drawn(frame: VideoFrame | ImageBitmap): Rgba {
    const [width, height] =
      "displayWidth" in frame ? [frame.displayWidth, frame.displayHeight] : [frame.width, frame.height];
    this.canvas ??= new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true }) ?? undefined;
    const context = this.canvas as OffscreenCanvasRenderingContext2D;
    if (context.canvas.width !== width || context.canvas.height !== height)
      Object.assign(context.canvas, { width, height });
    context.drawImage(frame, 0, 0, width, height);
    return context.getImageData(0, 0, width, height);
  }
}
