import { type Background } from "../compose/background";
import { type Compositor, openCompositor } from "../compose/compositor";
import type { Card } from "../card";
import { Frames, type Network } from "../mask/masks";
import { PixelReader } from "./pixels_of";

/** How a stream does. */
export interface StreamFigures {
  /** Frames that were shown. */
  frames: number;
  /** Frames a second, of the last second or so. */
  framesPerSecond: number;
  /** Milliseconds of work for a frame, a mean of the last ones. */
  milliseconds: number;
  /** What draws. */
  compositor: Compositor["kind"];
}

/** One stream's people before its background. */
export class Effect {
  private readonly frames: Frames;
  private readonly reader = new PixelReader();
  private readonly compositor: Compositor;
  private readonly ends: number[] = [];
  private shown = 0;
  private milliseconds = 0;

  constructor(
    card: Card,
    network: Network,
    public background: Background,
    compositor?: Compositor["kind"],
  ) {
    this.frames = new Frames(card, network);
    this.compositor = openCompositor(compositor);
  }

  /** Draw the next frame on `canvas`. */
  async draw(frame: VideoFrame | ImageBitmap): Promise<OffscreenCanvas> {
    const start = performance.now();
    const picture = await this.reader.read(frame);
    const lines = await this.frames.lines(picture);
    this.compositor.draw(picture, lines, this.background);
    this.count(performance.now() - start);
    return this.compositor.canvas;
  }

  /** Frames in, frames out, until either side ends. */
  async pump(readable: ReadableStream<VideoFrame>, writable: WritableStream<VideoFrame>): Promise<void> {
    const transform = new TransformStream<VideoFrame, VideoFrame>(
      {
        transform: async (frame, controller) => {
          try {
            const { timestamp, duration } = frame;
            const canvas = await this.draw(frame);
            controller.enqueue(new VideoFrame(canvas, { timestamp, duration: duration ?? undefined, alpha: "discard" }));
          } finally {
            frame.close();
          }
        },
      },
      { highWaterMark: 1 },
      { highWaterMark: 0 },
    );
    await readable.pipeThrough(transform).pipeTo(writable);
  }

  figures(): StreamFigures {
    const { ends } = this;
    const span = ends.length > 1 ? ends[ends.length - 1] - ends[0] : 0;
    return {
      frames: this.shown,
      framesPerSecond: span ? (1000 * (ends.length - 1)) / span : 0,
      milliseconds: this.milliseconds,
      compositor: this.compositor.kind,
    };
  }

  release(): void {
    this.compositor.release();
  }

  private count(milliseconds: number): void {
    const now = performance.now();
    this.shown++;
    this.milliseconds += (this.shown < 10 ? 1 / this.shown : 0.1) * (milliseconds - this.milliseconds);
    this.ends.push(now);
    while (this.ends.length > 2 && now - this.ends[0] > 1000) this.ends.shift();
  }
}
