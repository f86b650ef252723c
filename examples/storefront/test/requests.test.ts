import assert from "node:assert/strict";
import { test } from "node:test";
import { addToCart, placeOrder } from "../src/server/requests.ts";

const order = { name: "Ada", email: "ada@example.com", items: [{ productId: 1, quantity: 2 }] };

test("takes an order", () => {
  assert.deepEqual(placeOrder.parse(order), order);
});

const refused = {
  "no items": { ...order, items: [] },
  "no name": { ...order, name: "  " },
  "no address": { ...order, email: "ada" },
  "half a product": { ...order, items: [{ productId: 1, quantity: 0.5 }] },
  "a negative quantity": { ...order, items: [{ productId: 1, quantity: -1 }] },
  "a price of the visitor's own": { ...order, items: [{ productId: 1, quantity: 1, unitPriceCents: 1 }] },
};

for (const [what, body] of Object.entries(refused)) {
  test(`refuses an order with ${what}`, () => assert.equal(placeOrder.safeParse(body).success, false));
}

test("refuses to put nothing into the cart", () => {
  assert.equal(addToCart.safeParse({ productId: 1, quantity: 0 }).success, false);
});
