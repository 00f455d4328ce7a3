import type { Card } from "./card";
import { Client } from "./client";
import { type Background, blurred, replaced } from "./compose/background";
import { PortraitError } from "./errors";
import { bitmapOf, type Picture } from "./photo";
import { canvasTrack } from "./stream/canvas_stream";
import { insertable, videoOf } from "./stream/tracks";
import type { StreamFigures } from "./worker/effect";
import type { PhotoMask } from "./worker/messages";
import type { Runtime } from "./worker/network";

/** How a segmenter is made. */
export interface SegmenterOptions {
  /** What runs the network. "auto" is WebGPU where there is a graphics processor for it, WebAssembly elsewhere. */
  runtime?: Runtime | "auto";
  /** Threads of WebAssembly, where the page is cross-origin isolated; by default up to four. */
  threads?: number;
  /** The folder that has the package's files (worker.js and those beside it), if they are not beside its code. */
  files?: string | URL;
  /** Another model of the same form; `npm run card` makes its card. */
  model?: { graph: string | URL; card: Card };
}

/** How a background is blurred. */
export interface BlurOptions {
  /** Radius in thousandths of the picture's longer side, 1 to 60; 30 by default. */
  strength?: number;
}

/** How a background is replaced. */
export interface ReplaceOptions {
  /** How much of the new background's light spills over people's edges, 0 to 1; none by default. */
  lightWrap?: number;
}

/** What a stream may be told besides its background. */
export interface StreamOptions {
  /** "canvas" does without insertable streams, as browsers that lack them do. */
  through?: "insertable" | "canvas";
  /** "2d" does without WebGL2, likewise. */
  compositor?: "webgl2" | "2d";
}

/** A colour such as "#00b140", or a picture. */
export type Behind = Picture | `#${string}`;

/**
 * Finds people in photos and camera streams, and changes what is behind them. Everything happens in a worker of this page;
 * no picture leaves it.
 *
 * @example
 * ```ts
 * const segmenter = await createSegmenter();
 * video.srcObject = await segmenter.blur(await openCamera(), { strength: 12 });
 * ```
 */
export class Segmenter {
  private readonly streams = new WeakMap<MediaStream, number>();
  private numbers = 0;

  /** @internal */
  constructor(
    private readonly client: Client,
    /** What runs the network. */
    readonly runtime: Runtime,
    /** With how many threads. */
    readonly threads: number,
    /** The model's name. */
    readonly model: string,
  ) {}

  /**
   * A stream with its background out of focus; its sound stays. It ends with its source, or when its tracks are stopped.
   *
   * @throws PortraitError "no-video", "bad-setting" or "closed".
   */
  async blur(stream: MediaStream, options: BlurOptions & StreamOptions = {}): Promise<MediaStream> {
    return this.through(stream, blurred(options.strength), options);
  }

  /**
   * A stream with another background.
   *
   * @throws PortraitError "no-video", "bad-setting", "picture-unreadable", "picture-too-big" or "closed".
   */
  async replace(
    stream: MediaStream,
    behind: Behind,
    options: ReplaceOptions & StreamOptions = {},
  ): Promise<MediaStream> {
    return this.through(stream, await this.behind(behind, options), options);
  }

  /** Give a stream that `blur` or `replace` made a blurred background instead. */
  async changeToBlur(stream: MediaStream, options: BlurOptions = {}): Promise<void> {
    await this.client.ask("change", { id: this.idOf(stream), background: blurred(options.strength) });
  }

  /** Give a stream that `blur` or `replace` made another background instead. */
  async changeTo(stream: MediaStream, behind: Behind, options: ReplaceOptions = {}): Promise<void> {
    await this.client.ask("change", { id: this.idOf(stream), background: await this.behind(behind, options) });
  }

  /** How a stream does. */
  async figures(stream: MediaStream): Promise<StreamFigures> {
    return this.client.ask("figures", { id: this.idOf(stream) });
  }

  /**
   * Who is where in a photo.
   *
   * @throws PortraitError "picture-unreadable" or "picture-too-big".
   */
  async mask(photo: Picture): Promise<PhotoMask> {
    const image = await bitmapOf(photo);
    return this.client.ask("photo", { image }, [image]);
  }

  /** People cut out of a photo: a PNG with transparency, the old background's colour taken out of the edges. */
  async cutout(photo: Picture): Promise<Blob> {
    return this.picture(photo);
  }

  /** A photo with its background out of focus, as PNG. */
  async blurPhoto(photo: Picture, options: BlurOptions = {}): Promise<Blob> {
    return this.picture(photo, blurred(options.strength));
  }

  /** A photo's people before another background, as PNG. */
  async replacePhoto(photo: Picture, behind: Behind, options: ReplaceOptions = {}): Promise<Blob> {
    return this.picture(photo, await this.behind(behind, options));
  }

  /** End the worker and all streams. */
  close(): void {
    this.client.close();
  }

  private async picture(photo: Picture, background?: Background): Promise<Blob> {
    const image = await bitmapOf(photo);
    return new Blob([await this.client.ask("picture", { image, background }, [image])], { type: "image/png" });
  }

  private async behind(behind: Behind, { lightWrap }: ReplaceOptions): Promise<Background> {
    return replaced(typeof behind === "string" && behind.startsWith("#") ? behind : await bitmapOf(behind), lightWrap);
  }

  private idOf(stream: MediaStream): number {
    const id = this.streams.get(stream);
    if (id !== undefined) return id;
    throw new PortraitError(
      "bad-setting",
      "this stream is not the segmenter's",
      "give one that `blur` or `replace` made",
    );
  }

  private async through(stream: MediaStream, background: Background, options: StreamOptions): Promise<MediaStream> {
    const source = videoOf(stream);
    const id = this.numbers++;
    const { compositor } = options;
    const inserted = options.through === "canvas" ? undefined : insertable();
    let track: MediaStreamTrack;
    if (inserted) {
      const generator = new inserted.MediaStreamTrackGenerator({ kind: "video" });
      const { readable } = new inserted.MediaStreamTrackProcessor({ track: source, maxBufferSize: 1 });
      const { writable } = generator;
      track = generator;
      this.client.ask("pump", { id, background, compositor, readable, writable }, [readable, writable]).catch(() => {
        generator.stop(); // the other side was stopped, or the segmenter closed
      });
    } else {
      await this.client.ask("begin", { id, background, compositor });
      track = await canvasTrack(
        this.client,
        id,
        source,
        () => void this.client.ask("end", { id }).catch(() => undefined),
      );
    }
    const result = new MediaStream([track, ...stream.getAudioTracks()]);
    this.streams.set(result, id);
    return result;
  }
}

/**
 * Opens the model in a worker.
 *
 * @throws PortraitError "file-missing", "model-damaged", "no-wasm-simd", "no-webgpu" or "no-worker".
 */
export async function createSegmenter(options: SegmenterOptions = {}): Promise<Segmenter> {
  const { runtime = "auto", threads = 0, files, model } = options;
  const folder = files === undefined ? undefined : new URL(`${String(files).replace(/\/?$/, "/")}`, location.href).href;
  const client = new Client(folder);
  try {
    const graph = model && new URL(model.graph, location.href).href;
    const opened = await client.ask("open", {
      runtime,
      threads,
      folder,
      model: model && { graph: graph as string, card: model.card },
    });
    return new Segmenter(client, opened.runtime, opened.threads, opened.model);
  } catch (error) {
    client.close();
    throw error;
  }
}
