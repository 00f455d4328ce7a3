/** How a model's input is made and its output read: the part of a model's card that a browser needs. */
export interface Card {
  /** The model's name. */
  name: string;
  /** SHA-256 of the graph's file, in hex. */
  sha256: string;
  /** Pixels of the input; its shape is the picture's. */
  area: number;
  /** Both sides of the input are multiples of it. */
  divisor: number;
  /** What is taken from colours in [0, 1] before they are divided by `std`; one for each channel. */
  mean: number[];
  std: number[];
  /** Pieces of people whose probability is nowhere above this are dropped; 0 keeps them all. */
  faintest: number;
  /** Pieces of people smaller than this share of the largest one are dropped. */
  smallest: number;
  /** How far from a pixel the edge filter looks, in pixels of the input; 0 for none. */
  radius: number;
  /** Probability from which a pixel is foreground. */
  threshold: number;
}
