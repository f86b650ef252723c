import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import express from "express";
import { createServer as createVite } from "vite";
import type { View } from "../model.ts";
import { readConfig } from "./config.ts";
import { openDatabase } from "./database.ts";
import { serve } from "./serve.ts";
import { fillShell } from "./shell.ts";

/** The same app from its sources, with Vite in front: a change shows at the next request or by itself. */
const root = join(import.meta.dirname, "../..");
const config = readConfig(process.env);
const database = openDatabase(config);
const server = createServer();
const vite = await createVite({ root, appType: "custom", server: { middlewareMode: { server } } });

let loaded: { readonly from: unknown; readonly app: express.Express } | undefined;

/** Vite gives a new function when a file of the server has changed. */
async function currentApp(): Promise<express.Express> {
  const { createApp } = await vite.ssrLoadModule("/src/server/app.ts");
  if (loaded !== undefined && loaded.from === createApp) return loaded.app;
  const { app } = createApp({ config, database, publicFolder: join(root, "public"), renderPage });
  loaded = { from: createApp, app };
  return app;
}

async function renderPage(view: View, url: string): Promise<string> {
  const { render } = await vite.ssrLoadModule("/src/web/render.tsx");
  const shell = await vite.transformIndexHtml(url, readFileSync(join(root, "index.html"), "utf8"));
  return fillShell(shell, view, render(view));
}

const front = express();
front.use(vite.middlewares);
front.use(async (request, response, next) => (await currentApp())(request, response, next));
server.on("request", front);
serve({
  server,
  config,
  close: async () => {
    await vite.close();
    await database.pool.end();
  },
});
