import type { Plane } from "./arrays";

/** Probabilities that differ by less are a tie: runtimes differ by about a tenth of it. */
const TIE = 2e-5;
/** Pixels around a speck, where its probability fades out. */
const RIM = 2;

/**
 * Make background of pieces of foreground that are much smaller than the largest one.
 *
 * @param prob - Probabilities of foreground; written into.
 * @param threshold - Probability from which a pixel is foreground.
 * @param smallest - Share of the largest piece's area from which another piece is kept.
 * @param clear - What is done with each pixel that goes; by default its probability becomes 0.
 */
export function dropSpecks(prob: Plane, threshold: number, smallest: number, clear?: (place: number) => void): void {
  const inside = above(prob.data, threshold);
  const { labels, areas } = pieces(inside, prob.width, prob.height);
  let largest = 0;
  for (const area of areas) largest = Math.max(largest, area);
  drop(
    prob,
    labels,
    areas.map((area) => area > 0 && area < smallest * largest),
    clear,
  );
}

/**
 * Make background of pieces of foreground that the network is nowhere sure of.
 *
 * @param prob - Probabilities of foreground; written into.
 * @param threshold - Probability from which a pixel is foreground.
 * @param peak - Probability that at least one pixel of a piece has to have; 0 keeps them all.
 */
export function dropFaint(prob: Plane, threshold: number, peak: number): void {
  if (!peak) return;
  const { labels, areas } = pieces(above(prob.data, threshold), prob.width, prob.height);
  const faint = areas.map((area) => area > 0);
  above(prob.data, peak).forEach((sure, place) => {
    if (sure) faint[labels[place]] = false;
  });
  drop(prob, labels, faint);
}

/** Make background of some pieces, given by their numbers, and of their soft rims. */
function drop(prob: Plane, labels: Int32Array, dropped: boolean[], clear?: (place: number) => void): void {
  if (!dropped.includes(true)) return;
  const { width, height } = prob;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!dropped[labels[y * width + x]]) continue;
      for (let j = Math.max(y - RIM, 0); j <= Math.min(y + RIM, height - 1); j++) {
        for (let i = Math.max(x - RIM, 0); i <= Math.min(x + RIM, width - 1); i++) {
          const place = j * width + i;
          if (labels[place] && !dropped[labels[place]]) continue;
          prob.data[place] = 0;
          clear?.(place);
        }
      }
    }
  }
}

/** Where probabilities are above a threshold, 0 and 1. */
export function above(prob: Float32Array, threshold: number): Uint8Array {
  const least = Math.fround(threshold + TIE / 2);
  const inside = new Uint8Array(prob.length);
  for (let k = 0; k < prob.length; k++) inside[k] = prob[k] > least ? 1 : 0;
  return inside;
}

/** The number of each pixel's piece, from 1, and the pieces' areas; pixels that touch at corners are one piece. */
export function pieces(inside: Uint8Array, width: number, height: number): { labels: Int32Array; areas: number[] } {
  const labels = new Int32Array(inside.length);
  const parents = [0];
  const root = (label: number): number => {
    let top = label;
    while (parents[top] !== top) top = parents[top] = parents[parents[top]];
    return top;
  };
  for (let y = 0; y < height; y++) {
    for (let x = 0, place = y * width; x < width; x++, place++) {
      if (!inside[place]) continue;
      let label = x > 0 ? labels[place - 1] : 0;
      if (y > 0) {
        const up = place - width;
        // What lies straight above touches its own neighbours, so the corners matter only where it is empty.
        if (labels[up]) label = label ? join(label, labels[up]) : labels[up];
        else {
          if (x > 0 && labels[up - 1]) label = label ? join(label, labels[up - 1]) : labels[up - 1];
          if (x + 1 < width && labels[up + 1]) label = label ? join(label, labels[up + 1]) : labels[up + 1];
        }
      }
      if (!label) label = parents.push(parents.length) - 1;
      labels[place] = label;
    }
  }
  const areas = new Array<number>(parents.length).fill(0);
  const roots = Int32Array.from(parents, (_, label) => root(label));
  for (let place = 0; place < labels.length; place++) {
    if (labels[place]) areas[(labels[place] = roots[labels[place]])]++;
  }
  return { labels, areas };

  function join(one: number, other: number): number {
    if (one === other) return one;
    const [a, b] = [root(one), root(other)];
    return (parents[Math.max(a, b)] = Math.min(a, b));
  }
}
