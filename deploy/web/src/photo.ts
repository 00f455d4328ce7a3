import { PortraitError } from "./errors";

/** A photo: a file, what an address leads to, or what a page shows. */
export type Picture = Blob | URL | string | ImageBitmapSource;

/** Pixels of a photo, at most: what is made of one takes some twenty bytes for each. */
export const MOST_PIXELS = 50_000_000;

/**
 * A picture in memory, upright as its file says.
 *
 * @throws PortraitError "picture-unreadable" or "picture-too-big".
 */
export async function bitmapOf(picture: Picture): Promise<ImageBitmap> {
  const source = typeof picture === "string" || picture instanceof URL ? await fetched(picture) : picture;
  const { width, height } = source instanceof Blob ? await headOf(source) : sizeOf(source);
  if (width * height > MOST_PIXELS) {
    const what = `the picture has ${width}x${height} pixels`;
    throw new PortraitError("picture-too-big", what, `make it smaller than ${MOST_PIXELS / 1e6} million`);
  }
  try {
    return await createImageBitmap(source, { premultiplyAlpha: "none" });
  } catch {
    throw unreadable("the file is no picture that this browser reads");
  }
}

/** A file's size in pixels, before it is decoded whole; (0, 0) of formats whose head is not known here. */
async function headOf(file: Blob): Promise<{ width: number; height: number }> {
  const head = new DataView(await file.slice(0, 65536).arrayBuffer());
  return sizeInHead(head) ?? { width: 0, height: 0 };
}

/** The size in the head of a PNG or a JPEG. */
export function sizeInHead(head: DataView): { width: number; height: number } | undefined {
  if (head.byteLength > 24 && head.getUint32(0) === 0x89504e47)
    return { width: head.getUint32(16), height: head.getUint32(20) };
  if (head.byteLength < 4 || head.getUint16(0) !== 0xffd8) return undefined;
  for (let place = 2; place + 9 < head.byteLength; place += 2 + head.getUint16(place + 2)) {
    const marker = head.getUint16(place);
    const frame = marker >= 0xffc0 && marker <= 0xffcf && ![0xffc4, 0xffc8, 0xffcc].includes(marker);
    if (frame) return { width: head.getUint16(place + 7), height: head.getUint16(place + 5) };
    if (marker < 0xff00) return undefined;
  }
  return undefined;
}

function sizeOf(source: ImageBitmapSource): { width: number; height: number } {
  const sizes = source as unknown as Record<string, number | undefined>;
  const width = sizes.naturalWidth ?? sizes.videoWidth ?? sizes.displayWidth ?? sizes.width ?? 0;
  const height = sizes.naturalHeight ?? sizes.videoHeight ?? sizes.displayHeight ?? sizes.height ?? 0;
  return { width: Number(width), height: Number(height) };
}

async function fetched(address: string | URL): Promise<Blob> {
  const answer = await fetch(address).catch(() => undefined);
  if (!answer?.ok) throw unreadable(`${address} cannot be had`);
  return answer.blob();
}

function unreadable(what: string): PortraitError {
  return new PortraitError("picture-unreadable", what, "give a JPEG, PNG, WebP or AVIF file");
}
