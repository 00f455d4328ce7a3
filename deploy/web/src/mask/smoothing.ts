import type { Plane } from "./arrays";

/**
 * Steady masks: a mean whose share of the new frame grows with how much the mask changes there. A change of a few per cent
 * is the network's doubt and is smoothed away; where a hand moves the new frame counts alone, so nothing lags.
 */
export class Adaptive {
  private before?: Plane;

  /**
   * @param still - Share of the new frame where nothing changes.
   * @param high - Change of a probability from which the new frame counts alone.
   */
  constructor(
    private readonly still = 0.15,
    private readonly high = 0.5,
  ) {}

  /** Forget the frames before. */
  reset(): void {
    this.before = undefined;
  }

  /** The steady probabilities of the next frame; `prob` is written into. */
  next(prob: Plane): Plane {
    const { data } = prob;
    if (this.before?.data.length === data.length) {
      const before = this.before.data;
      for (let k = 0; k < data.length; k++) {
        const change = data[k] - before[k];
        const part = Math.min(Math.abs(change) / this.high, 1);
        data[k] = before[k] + (this.still + (1 - this.still) * part * part * (3 - 2 * part)) * change;
      }
    }
    this.before = { ...prob, data: data.slice() };
    return prob;
  }
}
