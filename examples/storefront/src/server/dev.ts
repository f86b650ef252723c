import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import express from "express";
import { createServer as createVite } from "vite";
import { createApp } from "./app.ts";
import { readConfig } from "./config.ts";
import { openDatabase } from "./database.ts";
import { serve } from "./serve.ts";
import { fillShell } from "./shell.ts";

/** The same app with Vite in front: pages and styles reload by themselves, `node --watch` restarts the server. */
const root = join(import.meta.dirname, "../..");
const config = readConfig(process.env);
const server = createServer();
const vite = await createVite({ root, appType: "custom", server: { middlewareMode: { server } } });

const { app, close } = createApp({
  config,
  database: openDatabase(config),
  publicFolder: join(root, "public"),
  renderPage: async (view, url) => {
    const { render } = await vite.ssrLoadModule("/src/web/render.tsx");
    const shell = await vite.transformIndexHtml(url, readFileSync(join(root, "index.html"), "utf8"));
    return fillShell(shell, view, render(view));
  },
});

server.on("request", express().use(vite.middlewares).use(app));
serve({
  server,
  config,
  close: async () => {
    await vite.close();
    await close();
  },
});
