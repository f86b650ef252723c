const formatter = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD" });

/** Prices travel and are stored as whole cents; only a reader sees them as dollars. */
export function formatPrice(cents: number): string {
  if (!Number.isSafeInteger(cents)) throw new RangeError(`A price is a whole number of cents, not ${cents}.`);
  return formatter.format(cents / 100);
}
