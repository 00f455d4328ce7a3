/** What went wrong, for programs. */
export type PortraitErrorCode =
  | "camera-denied"
  | "camera-missing"
  | "camera-busy"
  | "no-video"
  | "no-worker"
  | "no-wasm-simd"
  | "no-webgpu"
  | "file-missing"
  | "model-damaged"
  | "picture-unreadable"
  | "picture-too-big"
  | "bad-setting"
  | "closed"
  | "internal";

/**
 * An error that says what is wrong and what to do about it.
 *
 * @example
 * ```ts
 * try {
 *   stream = await segmenter.blur(await openCamera());
 * } catch (error) {
 *   if (error instanceof PortraitError) show(error.message, error.hint);
 * }
 * ```
 */
export class PortraitError extends Error {
  override readonly name = "PortraitError";

  /**
   * @param code - What went wrong, for programs.
   * @param what - What went wrong, for people.
   * @param hint - One thing to do.
   */
  constructor(
    readonly code: PortraitErrorCode,
    what: string,
    readonly hint: string,
  ) {
    super(`${what}: ${hint}`);
  }
}

/** An error as it travels between threads, which keep no classes. */
export interface Told {
  code: PortraitErrorCode;
  what: string;
  hint: string;
}

export function told(error: unknown): Told {
  if (error instanceof PortraitError) {
    return { code: error.code, what: error.message.slice(0, -error.hint.length - 2), hint: error.hint };
  }
  const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { code: "internal", what, hint: "reload the page; if it comes back, report it with this text" };
}

export function heard({ code, what, hint }: Told): PortraitError {
  return new PortraitError(code, what, hint);
}
