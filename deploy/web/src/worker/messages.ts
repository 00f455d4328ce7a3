import type { Card } from "../card";
import type { Background } from "../compose/background";
import type { Compositor } from "../compose/compositor";
import type { Told } from "../errors";
import type { StreamFigures } from "./effect";
import type { Runtime } from "./network";

/** What a page asks its worker, by name: what it says, and what is answered. */
export interface Calls {
  open: {
    says: { runtime: Runtime | "auto"; threads: number; folder?: string; model?: { graph: string; card: Card } };
    gets: { runtime: Runtime; threads: number; model: string };
  };
  photo: { says: { image: ImageBitmap }; gets: PhotoMask };
  picture: { says: { image: ImageBitmap; background?: Background }; gets: ArrayBuffer };
  pump: {
    says: {
      id: number;
      background: Background;
      compositor?: Compositor["kind"];
      readable: ReadableStream;
      writable: WritableStream;
    };
    /** When the stream has ended. */
    gets: undefined;
  };
  begin: { says: { id: number; background: Background; compositor?: Compositor["kind"] }; gets: undefined };
  frame: { says: { id: number; frame: ImageBitmap }; gets: ImageBitmap };
  change: { says: { id: number; background: Background }; gets: undefined };
  figures: { says: { id: number }; gets: StreamFigures };
  end: { says: { id: number }; gets: undefined };
  close: { says: undefined; gets: undefined };
}

/** Who is where in a photo. */
export interface PhotoMask {
  width: number;
  height: number;
  /** The probability of a person at each pixel, row by row, 0 to 1. */
  prob: Float32Array;
  /** How opaque people are: what pictures are made with. */
  opacity: Uint8Array;
  /** 1 for people, 0 for background. */
  mask: Uint8Array;
}

export type Name = keyof Calls;
export type Asked = { [N in Name]: { number: number; name: N; says: Calls[N]["says"] } }[Name];
export type Answered = { number: number; gets?: unknown; error?: Told };
