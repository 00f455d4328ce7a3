import { clamp, type Plane } from "./arrays";

/** Probabilities below the first are nothing, above the second everything: a wide soft edge would show a halo. */
export const RAMP = [0.2, 0.8] as const;

/** How opaque a pixel is, 0 to 255, given its probability times 255. */
export const OPACITY = Uint8Array.from({ length: 256 }, (_, value) => {
  const ramp = clamp((value / 255 - RAMP[0]) / (RAMP[1] - RAMP[0]), 0, 1);
  return Math.round(255 * ramp * ramp * (3 - 2 * ramp));
});

/** How opaque each pixel is, 0 to 255, given probabilities of foreground. */
export function opacity(prob: Plane): Plane<Uint8Array> {
  const data = new Uint8Array(prob.data.length);
  for (let k = 0; k < data.length; k++) data[k] = OPACITY[Math.round(prob.data[k] * 255)];
  return { ...prob, data };
}
