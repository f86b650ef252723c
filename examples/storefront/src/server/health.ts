import type { RequestHandler } from "express";
import type pg from "pg";
import { describe } from "./log.ts";

/** Answers for this process and for the one thing it cannot work without. */
export function health(release: string, checkDatabase: () => Promise<void>): RequestHandler {
  return async (_request, response) => {
    response.set("Cache-Control", "no-store");
    try {
      await checkDatabase();
      response.json({ status: "ok", release });
    } catch (error) {
      response.status(503).json({ status: "unavailable", release, reason: `database: ${describe(error)}` });
    }
  };
}

/** A load balancer gives up after a few seconds; the answer must come before that, also when every connection is busy. */
export function databaseCheck(pool: pg.Pool, timeoutMillis = 2_000): () => Promise<void> {
  return async () => {
    const { promise: timeout, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMillis} ms`)), timeoutMillis);
    // pg reads query_timeout from the query as well; its types know it for a connection only.
    const query = pool.query(Object.assign({ text: "select 1" }, { query_timeout: timeoutMillis }));
    try {
      await Promise.race([query, timeout]);
    } finally {
      clearTimeout(timer);
      query.catch(() => undefined);
    }
  };
}
