import connectPgSimple from "connect-pg-simple";
import type { Request, RequestHandler } from "express";
import session from "express-session";
import type { Cart } from "../model.ts";
import { type CartItem, priceCart } from "./cart.ts";
import { listProducts } from "./catalogue.ts";
import type { Config } from "./config.ts";
import type { Database } from "./database.ts";
import { log } from "./log.ts";

declare module "express-session" {
  interface SessionData {
    cart: CartItem[];
    orders: string[];
  }
}

const PgStore = connectPgSimple(session);
export type SessionStore = InstanceType<typeof PgStore>;

/** In the database, so that a visitor keeps the cart when another copy or another release answers. */
export function sessionStore(database: Database): SessionStore {
  return new PgStore({ pool: database.pool, errorLog: (...words) => log.error("session store", { words }) });
}

export function visitorSession(config: Config, store: SessionStore): RequestHandler {
  return session({
    name: "storefront.sid",
    secret: config.SESSION_SECRET,
    store,
    resave: false,
    saveUninitialized: false,
    cookie: { httpOnly: true, sameSite: "lax", secure: "auto", maxAge: 7 * 24 * 60 * 60 * 1_000 },
  });
}

export async function cartOf(orm: Database["orm"], request: Request): Promise<Cart> {
  const items = request.session.cart ?? [];
  return priceCart(items, items.length === 0 ? [] : await listProducts(orm));
}

/** Only for a visitor with a cart: a program that orders needs no session, and writes none. */
export function rememberOrder(request: Request, id: string): void {
  const { cart, orders = [] } = request.session;
  if (cart === undefined) return;
  request.session.orders = orders.includes(id) ? orders : [id, ...orders].slice(0, 50);
  request.session.cart = [];
}
