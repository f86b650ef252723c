import type { ReactNode } from "react";
import type { Order } from "../../model.ts";
import { formatPrice } from "../../money.ts";

export function OrdersPage({ orders }: { readonly orders: readonly Order[] }): ReactNode {
  if (orders.length === 0) {
    return (
      <section className="empty">
        <h1>No orders yet</h1>
        <a href="/">See what there is</a>
      </section>
    );
  }
  return (
    <section className="narrow">
      <h1>Your orders</h1>
      <ul className="orders">
        {orders.map((order) => (
          <li key={order.id}>
            <a href={`/orders/${order.id}`}>{order.lines.map((line) => line.name).join(", ")}</a>
            <span>{order.createdAt.slice(0, 10)}</span>
            <span className="price">{formatPrice(order.totalCents)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
