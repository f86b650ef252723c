import type { Cart, Order } from "../model.ts";

export type Checkout = {
  readonly name: string;
  readonly email: string;
  readonly items: readonly { readonly productId: number; readonly quantity: number }[];
};

export const addToCart = (productId: number, quantity: number): Promise<Cart> =>
  send("/api/cart", { method: "POST", body: { productId, quantity } });

export const changeCart = (productId: number, quantity: number): Promise<Cart> =>
  send("/api/cart", { method: "PUT", body: { productId, quantity } });

/** With the same key as often as need be: the shop makes one order of it. */
export const placeOrder = (key: string, checkout: Checkout): Promise<Order> =>
  send("/api/orders", { method: "POST", body: checkout, headers: { "Idempotency-Key": key } });

export function newKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export const countOf = (cart: Cart): number => cart.lines.reduce((sum, line) => sum + line.quantity, 0);

type Message = {
  readonly method: string;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
};

async function send<Answer>(path: string, { method, body, headers = {} }: Message): Promise<Answer> {
  const response = await fetch(path, {
    method,
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error);
  return answer;
}
