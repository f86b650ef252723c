export interface Weighted {
  readonly weight: number;
}

/**
 * Smooth weighted round robin: of every `sum of weights` choices in a row each item is chosen exactly as often as its weight, spread evenly.
 * differs from AWS: there the choice is random, so that ten per cent of a few requests may be none.
 */
export function weightedChoice<T extends Weighted>(items: readonly T[]): () => T | undefined {
  const candidates = items.filter(({ weight }) => weight > 0).map((item) => ({ item, credit: 0 }));
  const total = candidates.reduce((sum, { item }) => sum + item.weight, 0);
  const only = candidates.length === 1 ? candidates[0]?.item : undefined;
  return () => {
    if (only) return only;
    let best: (typeof candidates)[number] | undefined;
    for (const candidate of candidates) {
      candidate.credit += candidate.item.weight;
      if (!best || candidate.credit > best.credit) best = candidate;
    }
    if (best) best.credit -= total;
    return best?.item;
  };
}
