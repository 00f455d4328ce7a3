import type { Card } from "../card";
import type { Background } from "../compose/background";
import type { Compositor } from "../compose/compositor";
import { openCompositor } from "../compose/open";
import type { Rgba } from "../mask/arrays";
import type { Lines } from "../mask/edges";
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

  /** The next frame, of a stream. */
  frame(frame: VideoFrame): Promise<VideoFrame> {
    const { timestamp, duration } = frame;
    const init = { timestamp, duration: duration ?? undefined };
    return this.counted(frame, async (...drawn) => this.compositor.frame(...drawn, this.background, init));
  }

  /** The next frame, of a page's video. */
  bitmap(frame: ImageBitmap): Promise<ImageBitmap> {
    return this.counted(frame, (...drawn) => this.compositor.bitmap(...drawn, this.background));
  }

  /** Frames in, frames out, until either side ends. */
  async pump(readable: ReadableStream<VideoFrame>, writable: WritableStream<VideoFrame>): Promise<void> {
    const transform = new TransformStream<VideoFrame, VideoFrame>(
      {
        transform: async (frame, controller) => {
          try {
            controller.enqueue(await this.frame(frame));
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

  private async counted<T>(
    source: VideoFrame | ImageBitmap,
    draw: (picture: Rgba, lines: Lines) => Promise<T>,
  ): Promise<T> {
    const start = performance.now();
    const picture = await this.reader.read(source);
    const result = await draw(picture, await this.frames.lines(picture));
    this.count(start);
    return result;
  }

  private count(start: number): void {
    const now = performance.now();
    const milliseconds = now - start;
    this.shown++;
    this.milliseconds += (this.shown < 10 ? 1 / this.shown : 0.1) * (milliseconds - this.milliseconds);
    this.ends.push(now);
    while (this.ends.length > 2 && now - this.ends[0] > 1000) this.ends.shift();
  }
}
