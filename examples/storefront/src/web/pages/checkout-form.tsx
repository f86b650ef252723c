import { type FormEvent, type ReactNode, useState } from "react";
import type { Cart } from "../../model.ts";
import { newKey, placeOrder } from "../api.ts";
import { useAction } from "../use-action.ts";

export function CheckoutForm({ cart }: { readonly cart: Cart }): ReactNode {
  // One key for as long as the form is open: sent twice, or again after a lost answer, it stays one order.
  const [key] = useState(newKey);
  const { busy, problem, run } = useAction();
  const submit = (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    return run(async () => {
      const order = await placeOrder(key, {
        name: String(fields.get("name")),
        email: String(fields.get("email")),
        items: cart.lines.map(({ productId, quantity }) => ({ productId, quantity })),
      });
      location.assign(`/orders/${order.id}`);
    });
  };
  return (
    <form onSubmit={submit}>
      <h2>Who is it for?</h2>
      <label>
        Name
        <input name="name" autoComplete="name" required maxLength={200} />
      </label>
      <label>
        Email
        <input name="email" type="email" autoComplete="email" required />
      </label>
      <button type="submit" disabled={busy}>
        {busy ? "Ordering…" : "Place the order"}
      </button>
      <p role="alert">{problem}</p>
    </form>
  );
}
