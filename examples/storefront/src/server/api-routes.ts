import express, { Router } from "express";
import { mergeItems, setQuantity } from "./cart.ts";
import { listProducts } from "./catalogue.ts";
import type { Database } from "./database.ts";
import { HttpError } from "./errors.ts";
import { findOrder, placeOrder } from "./orders.ts";
import * as requests from "./requests.ts";
import { cartOf, rememberOrder } from "./visitor.ts";

type Orm = Database["orm"];

export function apiRoutes(orm: Orm): Router {
  const routes = Router();
  routes.use(express.json({ limit: "32kb" }));

  routes.get("/products", async (_request, response) => {
    response.json({ products: await listProducts(orm) });
  });

  routes.get("/cart", async (request, response) => {
    response.json(await cartOf(orm, request));
  });

  routes.post("/cart", async (request, response) => {
    const item = requests.addToCart.parse(request.body);
    await requireProduct(orm, item.productId);
    request.session.cart = mergeItems([...(request.session.cart ?? []), item]);
    response.json(await cartOf(orm, request));
  });

  routes.put("/cart", async (request, response) => {
    const item = requests.changeCart.parse(request.body);
    await requireProduct(orm, item.productId);
    request.session.cart = setQuantity(request.session.cart ?? [], item);
    response.json(await cartOf(orm, request));
  });

  routes.post("/orders", async (request, response) => {
    const key = requests.idempotencyKey.parse(request.get("Idempotency-Key"));
    const { order, isNew } = await placeOrder(orm, key, requests.placeOrder.parse(request.body));
    rememberOrder(request, order.id);
    response
      .status(isNew ? 201 : 200)
      .location(`/api/orders/${order.id}`)
      .json(order);
  });

  routes.get("/orders/:id", async (request, response) => {
    const id = requests.orderId.safeParse(request.params.id);
    const order = id.success ? await findOrder(orm, id.data) : undefined;
    if (order === undefined) throw new HttpError(404, `There is no order ${request.params.id}.`);
    response.json(order);
  });

  return routes;
}

async function requireProduct(orm: Orm, id: number): Promise<void> {
  const products = await listProducts(orm);
  if (!products.some((product) => product.id === id)) throw new HttpError(422, `There is no product ${id}.`);
}
