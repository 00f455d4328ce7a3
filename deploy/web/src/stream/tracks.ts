import { PortraitError } from "../errors";

/** What browsers with insertable streams have. */
interface Insertable {
  MediaStreamTrackProcessor: new (init: {
    track: MediaStreamTrack;
    maxBufferSize?: number;
  }) => {
    readable: ReadableStream<VideoFrame>;
  };
  MediaStreamTrackGenerator: new (init: {
    kind: "video";
  }) => MediaStreamTrack & { writable: WritableStream<VideoFrame> };
}

/** Insertable streams, where the page has them. */
export function insertable(): Insertable | undefined {
  const found = globalThis as unknown as Partial<Insertable>;
  return found.MediaStreamTrackProcessor && found.MediaStreamTrackGenerator ? (found as Insertable) : undefined;
}

/**
 * The video track of a stream.
 *
 * @throws PortraitError "no-video": There is none that runs.
 */
export function videoOf(stream: MediaStream): MediaStreamTrack {
  const track = stream.getVideoTracks().find(({ readyState }) => readyState === "live");
  if (!track)
    throw new PortraitError("no-video", "the stream has no video that runs", "ask getUserMedia for `video: true`");
  return track;
}

/** What `getUserMedia` throws, by what a person can do about it. */
const REFUSALS: Record<string, [ConstructorParameters<typeof PortraitError>[0], string, string]> = {
  NotAllowedError: [
    "camera-denied",
    "the camera may not be used",
    "allow it in the browser's address bar, on an HTTPS page",
  ],
  SecurityError: ["camera-denied", "this page may not use cameras", "serve it by HTTPS"],
  NotFoundError: ["camera-missing", "there is no camera", "connect one, or open a picture"],
  OverconstrainedError: ["camera-missing", "no camera gives what was asked", "ask for a smaller picture"],
  NotReadableError: ["camera-busy", "another program has the camera", "close it and try again"],
};

/**
 * A camera's stream.
 *
 * @param video - As `getUserMedia` takes it; 1280x720 where the camera has it.
 * @throws PortraitError "camera-denied", "camera-missing" or "camera-busy".
 * @example
 * ```ts
 * const stream = await segmenter.blur(await openCamera());
 * ```
 */
export async function openCamera(
  video: MediaTrackConstraints = { width: { ideal: 1280 }, height: { ideal: 720 } },
): Promise<MediaStream> {
  if (!navigator.mediaDevices) throw new PortraitError(...REFUSALS.SecurityError);
  try {
    return await navigator.mediaDevices.getUserMedia({ video });
  } catch (error) {
    const refusal = REFUSALS[(error as Error).name];
    throw refusal ? new PortraitError(...refusal) : error;
  }
}
