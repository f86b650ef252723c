export { type ConfigInput, defineConfig } from "./config/index.ts";
