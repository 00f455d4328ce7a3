import { clamp, type Plane, plane } from "./arrays";

/** For each place of a line of `to` pixels: the two places of a line of `from` pixels around it, and how far between. */
export interface Taps {
  near: Int32Array;
  far: Int32Array;
  share: Float32Array;
}

/** Where bilinear interpolation looks; as OpenCV does, pixels' centres lie half a pixel from their borders. */
export function taps(from: number, to: number): Taps {
  const found = { near: new Int32Array(to), far: new Int32Array(to), share: new Float32Array(to) };
  for (let k = 0; k < to; k++) {
    const place = clamp((k + 0.5) * (from / to) - 0.5, 0, from - 1);
    found.near[k] = Math.floor(place);
    found.far[k] = Math.min(found.near[k] + 1, from - 1);
    found.share[k] = place - found.near[k];
  }
  return found;
}

/** A map at another size, bilinearly. */
export function resized(map: Plane, width: number, height: number): Plane {
  if (map.width === width && map.height === height) return { ...map, data: map.data.slice() };
  const result = plane(width, height);
  const across = taps(map.width, width);
  const down = taps(map.height, height);
  const rows = [new Float32Array(width), new Float32Array(width)];
  const held = [-1, -1];
  for (let y = 0; y < height; y++) {
    const first = stretched(down.near[y]);
    const second = stretched(down.far[y]);
    const share = down.share[y];
    const start = y * width;
    for (let x = 0; x < width; x++) result.data[start + x] = first[x] + share * (second[x] - first[x]);
  }
  return result;

  /** A row of the map at the new width; the last two are kept. */
  function stretched(y: number): Float32Array {
    const slot = y & 1;
    const row = rows[slot];
    if (held[slot] === y) return row;
    held[slot] = y;
    const start = y * map.width;
    for (let x = 0; x < width; x++) {
      const left = map.data[start + across.near[x]];
      row[x] = left + across.share[x] * (map.data[start + across.far[x]] - left);
    }
    return row;
  }
}

/** A map shrunk to the means of what each pixel stands for, also where these do not begin at a pixel's border. */
export function shrunk(map: Plane, width: number, height: number): Plane {
  const across = shares(map.width, width);
  const down = shares(map.height, height);
  const narrow = plane(width, map.height);
  for (let y = 0; y < map.height; y++) {
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (const [place, share] of across[x]) sum += share * map.data[y * map.width + place];
      narrow.data[y * width + x] = sum;
    }
  }
  const result = plane(width, height);
  for (let y = 0; y < height; y++) {
    for (const [place, share] of down[y]) {
      for (let x = 0; x < width; x++) result.data[y * width + x] += share * narrow.data[place * width + x];
    }
  }
  return result;
}

/** For each pixel of a line, those of a longer line that it covers, and which part of it each makes. */
function shares(from: number, to: number): [number, number][][] {
  const scale = from / to;
  return Array.from({ length: to }, (_, k) => {
    const [start, end] = [k * scale, Math.min((k + 1) * scale, from)];
    const covered: [number, number][] = [];
    for (let place = Math.floor(start); place < Math.min(Math.ceil(end), from); place++) {
      const part = Math.min(place + 1, end) - Math.max(place, start);
      if (part > 1e-6) covered.push([place, part / scale]);
    }
    return covered;
  });
}

/** A map of whole numbers halved `times` times, rounded each time as pictures are. */
export function halved(map: Plane, times: number): Plane {
  let current = map;
  for (let k = 0; k < times; k++) {
    const [width, height] = [Math.max(current.width >> 1, 1), Math.max(current.height >> 1, 1)];
    if (current.width === 2 * width && current.height === 2 * height) {
      current = twoByTwo(current);
    } else {
      current = shrunk(current, width, height);
      for (let i = 0; i < current.data.length; i++) current.data[i] = Math.round(current.data[i]);
    }
  }
  return current;
}

function twoByTwo(map: Plane): Plane {
  const result = plane(map.width / 2, map.height / 2);
  const { data } = map;
  let to = 0;
  for (let y = 0; y < map.height; y += 2) {
    let above = y * map.width;
    let below = above + map.width;
    for (let x = 0; x < result.width; x++, above += 2, below += 2) {
      result.data[to++] = Math.floor((data[above] + data[above + 1] + data[below] + data[below + 1] + 2) / 4);
    }
  }
  return result;
}

/** How often something can be halved that may shrink by `share`. */
export function halvings(share: number): number {
  return share > 1 ? Math.max(Math.floor(Math.log2(share)), 0) : 0;
}
