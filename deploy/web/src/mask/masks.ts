import type { Card } from "../card";
import type { Plane, Rgba } from "./arrays";
import { copiesHalvings, fullProb, type Lines, lines, smallBrightness, smallProb } from "./edges";
import { dropFaint, dropSpecks } from "./pieces";
import { type Input, prepare, view } from "./prepare";
import { resized } from "./resize";
import { Scenes } from "./scenes";
import { Adaptive } from "./smoothing";

/** Runs a network: probabilities of foreground (height, width) of its input. */
export type Network = (input: Input) => Promise<Plane>;

/** Finds the people of photos. */
export class Photos {
  constructor(
    private readonly card: Card,
    private readonly network: Network,
  ) {}

  /** Probabilities of foreground at the photo's size. */
  async prob(picture: Rgba): Promise<Plane> {
    const { card } = this;
    const input = prepare(card, picture);
    const small = await this.network(input);
    dropFaint(small, card.threshold, card.faintest);
    dropSpecks(small, card.threshold, card.smallest);
    return this.finish(small, picture, input);
  }

  private finish(small: Plane, picture: Rgba, input: Input): Plane {
    const { card } = this;
    if (!card.radius) return resized(small, picture.width, picture.height);
    const radius = radiusOf(card, picture, input);
    const prob = fullProb(lines(small, smallLight(picture, radius), radius, card.threshold), picture);
    dropSpecks(prob, card.threshold, card.smallest);
    return prob;
  }
}

/**
 * Finds the people of a clip's frames, each with what the ones before have shown. Only small maps are made here; the full
 * size is the compositor's.
 */
export class Frames {
  private readonly scenes = new Scenes();
  private readonly smoother = new Adaptive();
  private size = "";

  constructor(
    private readonly card: Card,
    private readonly network: Network,
  ) {}

  /** The lines that give the matte of the next frame. */
  async lines(picture: Rgba): Promise<Lines> {
    const { card } = this;
    const input = prepare(card, picture);
    const prob = await this.steady(input, `${picture.width}x${picture.height}`);
    dropFaint(prob, card.threshold, card.faintest);
    dropSpecks(prob, card.threshold, card.smallest);
    const radius = radiusOf(card, picture, input);
    const found = lines(prob, smallLight(picture, radius), radius, card.threshold);
    dropSpecks(smallProb(found), card.threshold, card.smallest, (place) => {
      found.slope.data[place] = 0;
      found.offset.data[place] = 0;
    });
    return found;
  }

  /** The network's probabilities, made steady; a cut and another size forget what was. */
  private async steady(input: Input, size: string): Promise<Plane> {
    const sees = view(input);
    if (size !== this.size) this.scenes.reset();
    this.size = size;
    if (this.scenes.begins(sees)) this.smoother.reset();
    return this.smoother.next(await this.network(input));
  }
}

/** How far the edge filter looks, in the picture's pixels. */
function radiusOf(card: Card, picture: Rgba, input: Input): number {
  return card.radius / Math.sqrt((input.width * input.height) / (picture.width * picture.height));
}

function smallLight(picture: Rgba, radius: number): Plane {
  return smallBrightness(picture, copiesHalvings(radius));
}
