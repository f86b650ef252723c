import { type Request, type Response, Router } from "express";
import { headline } from "../headline.ts";
import type { Page, View } from "../model.ts";
import { findProduct, listProducts } from "./catalogue.ts";
import type { Config } from "./config.ts";
import type { Database } from "./database.ts";
import { HttpError } from "./errors.ts";
import { findOrder, findOrders } from "./orders.ts";
import { orderId } from "./requests.ts";
import { cartOf } from "./visitor.ts";

export type SendPage = (request: Request, response: Response, page: Page) => Promise<void>;

type Orm = Database["orm"];

export function pageSender(config: Config, renderPage: (view: View, url: string) => Promise<string>): SendPage {
  return async (request, response, page) => {
    // There is none when the session store itself failed.
    const cart = request.session?.cart ?? [];
    const cartCount = cart.reduce((sum, item) => sum + item.quantity, 0);
    const view = { storeName: config.STORE_NAME, release: config.RELEASE, cartCount, page };
    const html = await renderPage(view, request.originalUrl);
    response.set("Cache-Control", "no-store").type("html").send(html);
  };
}

export function pageRoutes(orm: Orm, sendPage: SendPage): Router {
  const routes = Router();

  routes.get("/", async (request, response) => {
    await sendPage(request, response, { kind: "catalogue", headline, products: await listProducts(orm) });
  });

  routes.get("/products/:slug", async (request, response) => {
    const product = await findProduct(orm, request.params.slug);
    if (product === undefined) throw new HttpError(404, `There is no product ${request.params.slug}.`);
    await sendPage(request, response, { kind: "product", product });
  });

  routes.get("/cart", async (request, response) => {
    await sendPage(request, response, { kind: "cart", cart: await cartOf(orm, request) });
  });

  routes.get("/orders", async (request, response) => {
    await sendPage(request, response, { kind: "orders", orders: await findOrders(orm, request.session.orders ?? []) });
  });

  routes.get("/orders/:id", async (request, response) => {
    const id = orderId.safeParse(request.params.id);
    const order = id.success ? await findOrder(orm, id.data) : undefined;
    if (order === undefined) throw new HttpError(404, `There is no order ${request.params.id}.`);
    await sendPage(request, response, { kind: "order", order });
  });

  return routes;
}
