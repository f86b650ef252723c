import assert from "node:assert/strict";
import { test } from "node:test";
import type { Product } from "../src/model.ts";
import { mergeItems, priceCart, setQuantity } from "../src/server/cart.ts";

const mug: Product = { id: 1, slug: "mug", name: "Mug", description: "", priceCents: 1895, image: "" };
const pot: Product = { id: 2, slug: "pot", name: "Pot", description: "", priceCents: 4250, image: "" };

test("adds up what was put in twice, up to 99", () => {
  const items = [
    { productId: 1, quantity: 60 },
    { productId: 2, quantity: 1 },
    { productId: 1, quantity: 60 },
  ];
  assert.deepEqual(mergeItems(items), [
    { productId: 1, quantity: 99 },
    { productId: 2, quantity: 1 },
  ]);
});

test("a quantity of none takes the product out, another one leaves it in its place", () => {
  const items = [
    { productId: 1, quantity: 2 },
    { productId: 2, quantity: 1 },
  ];
  assert.deepEqual(setQuantity(items, { productId: 1, quantity: 0 }), [{ productId: 2, quantity: 1 }]);
  assert.deepEqual(setQuantity(items, { productId: 1, quantity: 5 }), [
    { productId: 1, quantity: 5 },
    { productId: 2, quantity: 1 },
  ]);
  assert.deepEqual(setQuantity([], { productId: 2, quantity: 3 }), [{ productId: 2, quantity: 3 }]);
});

test("the total is quantity times price, without products that are gone", () => {
  const cart = priceCart(
    [
      { productId: 1, quantity: 2 },
      { productId: 2, quantity: 1 },
      { productId: 3, quantity: 9 },
    ],
    [mug, pot],
  );
  assert.equal(cart.totalCents, 2 * 1895 + 4250);
  assert.deepEqual(
    cart.lines.map((line) => line.name),
    ["Mug", "Pot"],
  );
});
