import { heard, PortraitError } from "./errors";
import { startWorker } from "./place.js";
import type { Answered, Calls, Name } from "./worker/messages";

interface Waiting {
  resolve(gets: unknown): void;
  reject(error: Error): void;
}

/** Asks a worker, and hears its answers. */
export class Client {
  private readonly worker: Worker;
  private readonly waiting = new Map<number, Waiting>();
  private numbers = 0;
  private closed = false;

  /** @param folder - Where the package's files are, if not beside its code. */
  constructor(folder?: string) {
    this.worker = folder
      ? new Worker(new URL("worker.js", folder), { type: "module", name: "portrait" })
      : startWorker();
    this.worker.onmessage = ({ data }: MessageEvent<Answered>) => {
      const waiting = this.waiting.get(data.number);
      this.waiting.delete(data.number);
      if (data.error) waiting?.reject(heard(data.error));
      else waiting?.resolve(data.gets);
    };
    this.worker.onerror = (event) => {
      event.preventDefault();
      const what = `the package's worker does not start${event.message ? ` (${event.message})` : ""}`;
      this.fail(
        new PortraitError(
          "no-worker",
          what,
          "serve worker.js beside the package's code, or say with `files` where it is",
        ),
      );
    };
  }

  /** Ask, and wait for the answer. */
  ask<N extends Name>(name: N, says: Calls[N]["says"], moved: Transferable[] = []): Promise<Calls[N]["gets"]> {
    if (this.closed) return Promise.reject(new PortraitError("closed", "the segmenter is closed", "create another"));
    const number = this.numbers++;
    return new Promise((resolve, reject) => {
      this.waiting.set(number, { resolve: resolve as Waiting["resolve"], reject });
      this.worker.postMessage({ number, name, says }, moved);
    });
  }

  /** End the worker; whoever waits is told. */
  close(): void {
    this.closed = true;
    this.fail(new PortraitError("closed", "the segmenter was closed", "create another"));
    this.worker.terminate();
  }

  private fail(error: PortraitError): void {
    for (const { reject } of this.waiting.values()) reject(error);
    this.waiting.clear();
  }
}
