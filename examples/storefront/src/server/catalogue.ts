import { asc, eq } from "drizzle-orm";
import type { Product } from "../model.ts";
import type { Database } from "./database.ts";
import { products } from "./schema.ts";

type Orm = Database["orm"];

export function listProducts(orm: Orm): Promise<Product[]> {
  return orm.select().from(products).orderBy(asc(products.id));
}

export async function findProduct(orm: Orm, slug: string): Promise<Product | undefined> {
  const [product] = await orm.select().from(products).where(eq(products.slug, slug));
  return product;
}
