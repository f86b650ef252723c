import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { render } from "../web/render.tsx";
import { createApp } from "./app.ts";
import { type Config, ConfigError, readConfig } from "./config.ts";
import { openDatabase } from "./database.ts";
import { fillShell } from "./shell.ts";
import { serve } from "./serve.ts";

process.setSourceMapsEnabled(true);

const publicFolder = join(import.meta.dirname, "client");
const shell = readFileSync(join(publicFolder, "index.html"), "utf8");

const config = configOrExit();
const database = openDatabase(config);
const { app, close } = createApp({
  config,
  database,
  publicFolder,
  renderPage: async (view) => fillShell(shell, view, render(view)),
});
serve({ server: createServer(app), config, close });

function configOrExit(): Config {
  try {
    return readConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}
