import type { ReactNode } from "react";
import type { Product } from "../../model.ts";
import { formatPrice } from "../../money.ts";

type Props = { readonly headline: string; readonly products: readonly Product[] };

export function CataloguePage({ headline, products }: Props): ReactNode {
  return (
    <>
      <section className="hero">
        <h1>{headline}</h1>
        <p>A few good tools, and beans worth grinding. Nothing here needs replacing next year.</p>
      </section>
      <ul className="grid">
        {products.map((product) => (
          <li key={product.id}>
            <a className="card" href={`/products/${product.slug}`}>
              <img src={product.image} alt="" width="400" height="300" />
              <span className="card-text">
                <span>{product.name}</span>
                <span className="price">{formatPrice(product.priceCents)}</span>
              </span>
            </a>
          </li>
        ))}
      </ul>
    </>
  );
}
