import { sql } from "drizzle-orm";
import { check, index, integer, json, pgTable, text, timestamp, uuid, varchar } from "drizzle-orm/pg-core";

export const products = pgTable(
  "products",
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    slug: text().notNull().unique(),
    name: text().notNull(),
    description: text().notNull(),
    priceCents: integer("price_cents").notNull(),
    image: text().notNull(),
  },
  (table) => [check("products_price_cents_positive", sql`${table.priceCents} > 0`)],
);

export const orders = pgTable("orders", {
  id: uuid().primaryKey().defaultRandom(),
  idempotencyKey: text("idempotency_key").notNull().unique(),
  /** Tells a repeated request from another one that took the same key. */
  requestHash: text("request_hash").notNull(),
  name: text().notNull(),
  email: text().notNull(),
  totalCents: integer("total_cents").notNull(),
  createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
});

export const orderItems = pgTable(
  "order_items",
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    orderId: uuid("order_id")
      .notNull()
      .references(() => orders.id, { onDelete: "cascade" }),
    productId: integer("product_id")
      .notNull()
      .references(() => products.id),
    quantity: integer().notNull(),
    unitPriceCents: integer("unit_price_cents").notNull(),
  },
  (table) => [
    index("order_items_order_id").on(table.orderId),
    check("order_items_quantity_positive", sql`${table.quantity} > 0`),
  ],
);

/** Written by connect-pg-simple, which fixes the names and types. */
export const session = pgTable(
  "session",
  {
    sid: varchar().primaryKey(),
    sess: json().notNull(),
    expire: timestamp({ precision: 6 }).notNull(),
  },
  (table) => [index("session_expire").on(table.expire)],
);
