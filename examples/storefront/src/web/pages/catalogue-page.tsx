import type { ReactNode } from "react";
import { headline } from "../../headline.ts";
import type { Product } from "../../model.ts";
import { formatPrice } from "../../money.ts";

export function CataloguePage({ products }: { readonly products: readonly Product[] }): ReactNode {
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
