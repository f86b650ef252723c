import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { sql } from "kysely";
import { db } from "./db.js";
import { newSlug } from "./slug.js";

const app = new Hono();

app.get("/healthz", async (c) => {
  await sql`select 1`.execute(db);
  return c.text("ok");
});

app.get("/links", async (c) => c.json(await db.selectFrom("links").selectAll().orderBy("slug").execute()));

app.post("/links", async (c) => {
  const { url } = await c.req.json<{ url: string }>();
  const link = await db.insertInto("links").values({ slug: newSlug(), url }).returningAll().executeTakeFirstOrThrow();
  return c.json(link, 201);
});

app.get("/:slug", async (c) => {
  const link = await db.selectFrom("links").select("url").where("slug", "=", c.req.param("slug")).executeTakeFirst();
  return link ? c.redirect(link.url) : c.notFound();
});

serve({ fetch: app.fetch, port: Number.parseInt(process.env.PORT ?? "8787", 10) }, ({ port }) => {
  console.log(`Listening on port ${port}`);
});
