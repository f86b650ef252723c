/** What the server and the pages say to each other. */
export type Product = {
  readonly id: number;
  readonly slug: string;
  readonly name: string;
  readonly description: string;
  readonly priceCents: number;
  readonly image: string;
};

export type Line = {
  readonly productId: number;
  readonly name: string;
  readonly image: string;
  readonly unitPriceCents: number;
  readonly quantity: number;
};

export type Cart = { readonly lines: readonly Line[]; readonly totalCents: number };

export type Order = {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly totalCents: number;
  /** ISO 8601 */
  readonly createdAt: string;
  readonly lines: readonly Line[];
};

/** What one page shows; the server renders it to HTML and sends it along for the browser to take over. */
export type Page =
  | { readonly kind: "catalogue"; readonly headline: string; readonly products: readonly Product[] }
  | { readonly kind: "product"; readonly product: Product }
  | { readonly kind: "cart"; readonly cart: Cart }
  | { readonly kind: "orders"; readonly orders: readonly Order[] }
  | { readonly kind: "order"; readonly order: Order }
  | { readonly kind: "problem"; readonly title: string; readonly detail: string };

export type View = {
  readonly storeName: string;
  readonly release: string;
  readonly cartCount: number;
  readonly page: Page;
};
