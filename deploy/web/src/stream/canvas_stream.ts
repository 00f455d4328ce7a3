import type { Client } from "../client";

/**
 * Sends a track's frames through the worker and shows them on a canvas, for browsers without insertable streams.
 *
 * @param ended - Called once, when either side has ended.
 * @returns The canvas's track.
 */
export async function canvasTrack(
  client: Client,
  id: number,
  source: MediaStreamTrack,
  ended: () => void,
): Promise<MediaStreamTrack> {
  const video = document.createElement("video");
  Object.assign(video, { muted: true, playsInline: true, srcObject: new MediaStream([source]) });
  await video.play();
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("bitmaprenderer") as ImageBitmapRenderingContext;
  Object.assign(canvas, { width: video.videoWidth, height: video.videoHeight });
  const [track] = canvas.captureStream().getVideoTracks();
  const soon = (next: () => void) =>
    "requestVideoFrameCallback" in video ? video.requestVideoFrameCallback(next) : setTimeout(next, 33);
  let over = false;
  const end = () => {
    if (over) return;
    over = true;
    clearInterval(watch);
    track.stop();
    video.srcObject = null;
    ended();
  };
  // A source that its owner stops sends no more frames, and no event either.
  const watch = setInterval(() => {
    if (source.readyState === "ended" || track.readyState === "ended") end();
  }, 250);
  const next = async () => {
    try {
      const frame = await createImageBitmap(video);
      const shown = await client.ask("frame", { id, frame }, [frame]);
      if (canvas.width !== shown.width || canvas.height !== shown.height) {
        Object.assign(canvas, { width: shown.width, height: shown.height });
      }
      context.transferFromImageBitmap(shown);
      if (!over) soon(next);
    } catch {
      end();
    }
  };
  soon(next);
  return track;
}
