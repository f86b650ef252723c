import type { ReactNode } from "react";
import type { Order } from "../../model.ts";
import { Lines } from "./lines.tsx";

export function OrderPage({ order }: { readonly order: Order }): ReactNode {
  return (
    <section className="narrow">
      <h1>Thank you, {order.name}</h1>
      <p>
        Order <code>{order.id}</code> of {order.createdAt.slice(0, 10)}. Ordered by {order.email}.
      </p>
      <Lines lines={order.lines} totalCents={order.totalCents} quantity={(line) => `× ${line.quantity}`} />
    </section>
  );
}
