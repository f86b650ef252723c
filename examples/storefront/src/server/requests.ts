import * as z from "zod";
import { maxQuantity } from "./cart.ts";

const productId = z.int().positive();
const item = z.strictObject({ productId, quantity: z.int().min(1).max(maxQuantity) });

export const addToCart = item;

export const changeCart = z.strictObject({ productId, quantity: z.int().min(0).max(maxQuantity) });

export const placeOrder = z.strictObject({
  name: z.string().trim().min(1).max(200),
  email: z.email().max(254),
  items: z.array(item).min(1).max(50),
});

export type PlaceOrder = z.output<typeof placeOrder>;

export const idempotencyKey = z
  .string("The header Idempotency-Key is missing: any text that is new for every order, such as a UUID.")
  .min(1)
  .max(200);

export const orderId = z.uuid();
