import fastify from "fastify";
import postgres from "@fastify/postgres";
import { polls } from "./polls.js";

export function build(options) {
  const app = fastify(options);
  app.register(postgres, { connectionString: process.env.DATABASE_URL });
  app.register(polls, { prefix: "/polls" });
  app.get("/healthz", async () => {
    await app.pg.query("select 1");
    return { status: "ok" };
  });
  return app;
}
