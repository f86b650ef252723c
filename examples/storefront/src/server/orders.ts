import { createHash } from "node:crypto";
import { asc, desc, eq, inArray } from "drizzle-orm";
import type { Order } from "../model.ts";
import { mergeItems, priceCart } from "./cart.ts";
import type { Database } from "./database.ts";
import { HttpError } from "./errors.ts";
import type { PlaceOrder } from "./requests.ts";
import { orderItems, orders, products } from "./schema.ts";

type Orm = Database["orm"];
export type PlacedOrder = { readonly order: Order; readonly isNew: boolean };

/** The same key always ends in the same order, also when both requests arrive at once or on two releases. */
export async function placeOrder(orm: Orm, key: string, request: PlaceOrder): Promise<PlacedOrder> {
  const requestHash = hashRequest(request);
  const written = await orm.transaction((transaction) => writeOrder(transaction, { key, requestHash, request }));
  if (written !== undefined) return { order: await findOrderOrFail(orm, written), isNew: true };
  const [earlier] = await orm
    .select({ id: orders.id, requestHash: orders.requestHash })
    .from(orders)
    .where(eq(orders.idempotencyKey, key));
  if (earlier === undefined) throw new Error("An order took this idempotency key and is gone.");
  if (earlier.requestHash !== requestHash) {
    throw new HttpError(422, "This Idempotency-Key was used for another order. Send a new key with a new order.");
  }
  return { order: await findOrderOrFail(orm, earlier.id), isNew: false };
}

export async function findOrder(orm: Orm, id: string): Promise<Order | undefined> {
  const [order] = await findOrders(orm, [id]);
  return order;
}

/** Newest first. */
export async function findOrders(orm: Orm, ids: readonly string[]): Promise<Order[]> {
  if (ids.length === 0) return [];
  const found = await orm
    .select()
    .from(orders)
    .where(inArray(orders.id, [...ids]))
    .orderBy(desc(orders.createdAt));
  const lines = await orm
    .select({
      orderId: orderItems.orderId,
      productId: orderItems.productId,
      name: products.name,
      image: products.image,
      unitPriceCents: orderItems.unitPriceCents,
      quantity: orderItems.quantity,
    })
    .from(orderItems)
    .innerJoin(products, eq(products.id, orderItems.productId))
    .where(inArray(orderItems.orderId, [...ids]))
    .orderBy(asc(orderItems.id));
  return found.map(({ id, name, email, totalCents, createdAt }) => ({
    id,
    name,
    email,
    totalCents,
    createdAt: createdAt.toISOString(),
    lines: lines.filter((line) => line.orderId === id).map(({ orderId: _, ...line }) => line),
  }));
}

type Transaction = Parameters<Parameters<Orm["transaction"]>[0]>[0];
type NewOrder = { readonly key: string; readonly requestHash: string; readonly request: PlaceOrder };

/** Undefined when the key is taken. A concurrent request with the key waits in the insert until the first has ended. */
async function writeOrder(
  transaction: Transaction,
  { key, requestHash, request }: NewOrder,
): Promise<string | undefined> {
  const items = mergeItems(request.items);
  const ids = items.map((item) => item.productId);
  const cart = priceCart(items, await transaction.select().from(products).where(inArray(products.id, ids)));
  const missing = ids.filter((id) => !cart.lines.some((line) => line.productId === id));
  if (missing.length > 0) throw new HttpError(422, `There is no product ${missing.join(", ")}.`);
  const [order] = await transaction
    .insert(orders)
    .values({ idempotencyKey: key, requestHash, name: request.name, email: request.email, totalCents: cart.totalCents })
    .onConflictDoNothing({ target: orders.idempotencyKey })
    .returning({ id: orders.id });
  if (order === undefined) return undefined;
  await transaction.insert(orderItems).values(
    cart.lines.map(({ productId, quantity, unitPriceCents }) => ({
      orderId: order.id,
      productId,
      quantity,
      unitPriceCents,
    })),
  );
  return order.id;
}

async function findOrderOrFail(orm: Orm, id: string): Promise<Order> {
  const order = await findOrder(orm, id);
  if (order === undefined) throw new Error(`Order ${id} was written and cannot be read.`);
  return order;
}

function hashRequest(request: PlaceOrder): string {
  return createHash("sha256").update(JSON.stringify(request)).digest("hex");
}
