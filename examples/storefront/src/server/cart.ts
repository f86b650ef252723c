import type { Cart, Product } from "../model.ts";

/** What a session keeps: names and prices are looked up when the cart is shown. */
export type CartItem = { readonly productId: number; readonly quantity: number };

export const maxQuantity = 99;

/** Adds up what was asked for twice, and leaves out what is no longer asked for. */
export function mergeItems(items: readonly CartItem[]): CartItem[] {
  const quantities = new Map<number, number>();
  for (const { productId, quantity } of items) {
    quantities.set(productId, Math.min((quantities.get(productId) ?? 0) + quantity, maxQuantity));
  }
  return [...quantities].map(([productId, quantity]) => ({ productId, quantity })).filter((item) => item.quantity > 0);
}

/** A product keeps its place in the cart when its quantity changes; none takes it out. */
export function setQuantity(items: readonly CartItem[], changed: CartItem): CartItem[] {
  const isChanged = (item: CartItem): boolean => item.productId === changed.productId;
  return mergeItems(
    items.some(isChanged) ? items.map((item) => (isChanged(item) ? changed : item)) : [...items, changed],
  );
}

/** A product that left the catalogue leaves the cart as well. */
export function priceCart(items: readonly CartItem[], products: readonly Product[]): Cart {
  const lines = items.flatMap(({ productId, quantity }) => {
    const product = products.find((candidate) => candidate.id === productId);
    if (product === undefined) return [];
    return [{ productId, quantity, name: product.name, image: product.image, unitPriceCents: product.priceCents }];
  });
  return { lines, totalCents: lines.reduce((sum, line) => sum + line.unitPriceCents * line.quantity, 0) };
}
