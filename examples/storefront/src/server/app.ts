import { join } from "node:path";
import express, { type Express, type RequestHandler } from "express";
import type { View } from "../model.ts";
import { apiRoutes } from "./api-routes.ts";
import type { Config } from "./config.ts";
import type { Database } from "./database.ts";
import { answerError, notFound } from "./errors.ts";
import { databaseCheck, health } from "./health.ts";
import { pageRoutes, pageSender } from "./page-routes.ts";
import { sessionStore, visitorSession } from "./visitor.ts";

export type AppParts = {
  readonly config: Config;
  readonly database: Database;
  /** The files of the browser's half. */
  readonly publicFolder: string;
  readonly renderPage: (view: View, url: string) => Promise<string>;
};

export function createApp({ config, database, publicFolder, renderPage }: AppParts): {
  readonly app: Express;
  readonly close: () => Promise<void>;
} {
  const store = sessionStore(database);
  const sendPage = pageSender(config, renderPage);
  const app = express();
  app.disable("x-powered-by");
  // The load balancer in front says whether the visitor came by https.
  app.set("trust proxy", 1);
  app.use(commonHeaders(config));
  app.get("/health", health(config.RELEASE, databaseCheck(database.pool)));
  app.use("/assets", files(join(publicFolder, "assets")));
  app.use("/art", files(join(publicFolder, "art")));
  app.use(visitorSession(config, store));
  app.use("/api", apiRoutes(database.orm));
  app.use(pageRoutes(database.orm, sendPage));
  app.use(notFound);
  app.use(answerError(sendPage));
  return {
    app,
    close: async () => {
      store.close();
      await database.pool.end();
    },
  };
}

function commonHeaders(config: Config): RequestHandler {
  // Vite's development client runs inline scripts and styles.
  const policy = config.NODE_ENV === "production" ? { "Content-Security-Policy": "default-src 'self'" } : {};
  return (_request, response, next) => {
    response.set({
      "X-Release": config.RELEASE,
      "X-Content-Type-Options": "nosniff",
      "X-Frame-Options": "DENY",
      "Referrer-Policy": "same-origin",
      ...policy,
    });
    next();
  };
}

/** Names carry no hash, so the browser asks each time; the answer is nearly always 304. */
function files(folder: string): RequestHandler {
  return express.static(folder, { fallthrough: false, index: false, maxAge: 0 });
}
