import { type ReactNode, useState } from "react";
import type { Product } from "../../model.ts";
import { formatPrice } from "../../money.ts";
import { addToCart, countOf } from "../api.ts";
import { useAction } from "../use-action.ts";

type Props = { readonly product: Product; readonly onCartCount: (count: number) => void };

export function ProductPage({ product, onCartCount }: Props): ReactNode {
  const { busy, problem, run } = useAction();
  const [added, setAdded] = useState(false);
  const add = (): Promise<void> =>
    run(async () => {
      onCartCount(countOf(await addToCart(product.id, 1)));
      setAdded(true);
    });
  return (
    <article className="product">
      <img src={product.image} alt="" width="400" height="300" />
      <div>
        <h1>{product.name}</h1>
        <p className="price">{formatPrice(product.priceCents)}</p>
        <p>{product.description}</p>
        <p className="actions">
          <button type="button" disabled={busy} onClick={add}>
            Add to cart
          </button>
          {added && <a href="/cart">In the cart. Go there</a>}
        </p>
        <p role="alert">{problem}</p>
      </div>
    </article>
  );
}
