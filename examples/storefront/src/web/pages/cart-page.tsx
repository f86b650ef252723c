import { type ReactNode, useState } from "react";
import type { Cart, Line } from "../../model.ts";
import { changeCart, countOf } from "../api.ts";
import { useAction } from "../use-action.ts";
import { CheckoutForm } from "./checkout-form.tsx";
import { Lines } from "./lines.tsx";

type Props = { readonly cart: Cart; readonly onCartCount: (count: number) => void };

export function CartPage({ cart: initial, onCartCount }: Props): ReactNode {
  const [cart, setCart] = useState(initial);
  const { busy, problem, run } = useAction();
  const change = (line: Line, quantity: number): Promise<void> =>
    run(async () => {
      const changed = await changeCart(line.productId, quantity);
      setCart(changed);
      onCartCount(countOf(changed));
    });
  const stepper = (line: Line): ReactNode => (
    <span className="stepper">
      <button
        type="button"
        aria-label={`One less: ${line.name}`}
        disabled={busy}
        onClick={() => change(line, line.quantity - 1)}
      >
        −
      </button>
      <output>{line.quantity}</output>
      <button
        type="button"
        aria-label={`One more: ${line.name}`}
        disabled={busy}
        onClick={() => change(line, line.quantity + 1)}
      >
        +
      </button>
    </span>
  );
  if (cart.lines.length === 0) {
    return (
      <section className="empty">
        <h1>Your cart is empty</h1>
        <a href="/">See what there is</a>
      </section>
    );
  }
  return (
    <section className="columns">
      <div>
        <h1>Your cart</h1>
        <Lines lines={cart.lines} totalCents={cart.totalCents} quantity={stepper} />
        <p role="alert">{problem}</p>
      </div>
      <CheckoutForm cart={cart} />
    </section>
  );
}
