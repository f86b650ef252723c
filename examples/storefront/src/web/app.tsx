import { type ReactNode, useState } from "react";
import type { Page, View } from "../model.ts";
import { CartPage } from "./pages/cart-page.tsx";
import { CataloguePage } from "./pages/catalogue-page.tsx";
import { OrderPage } from "./pages/order-page.tsx";
import { OrdersPage } from "./pages/orders-page.tsx";
import { ProblemPage } from "./pages/problem-page.tsx";
import { ProductPage } from "./pages/product-page.tsx";

export function App({ view }: { readonly view: View }): ReactNode {
  const [cartCount, setCartCount] = useState(view.cartCount);
  return (
    <>
      <header className="bar">
        <a className="brand" href="/">
          <img src="/art/favicon.svg" alt="" width="28" height="28" />
          {view.storeName}
        </a>
        <nav>
          <a href="/orders">Orders</a>
          <a href="/cart">
            Cart <span className="count">{cartCount}</span>
          </a>
        </nav>
      </header>
      <main>{show(view.page, setCartCount)}</main>
      <footer>
        <span>{view.storeName}</span>
        <span>
          Release <code>{view.release.slice(0, 12)}</code>
        </span>
      </footer>
    </>
  );
}

function show(page: Page, onCartCount: (count: number) => void): ReactNode {
  switch (page.kind) {
    case "catalogue":
      return <CataloguePage headline={page.headline} products={page.products} />;
    case "product":
      return <ProductPage product={page.product} onCartCount={onCartCount} />;
    case "cart":
      return <CartPage cart={page.cart} onCartCount={onCartCount} />;
    case "orders":
      return <OrdersPage orders={page.orders} />;
    case "order":
      return <OrderPage order={page.order} />;
    case "problem":
      return <ProblemPage title={page.title} detail={page.detail} />;
  }
}
