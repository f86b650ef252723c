import { defineConfig } from "lockstep";

// Every field with its meaning and default is listed in docs/generated/configuration.md.
export default defineConfig({
  name: "storefront",
  app: {
    port: 3000,
    health: { path: "/health" },
    startSeconds: 15,
    start: ["node", "dist/server.js"],
    migrations: { tool: "drizzle", folder: "drizzle", command: ["node", "dist/migrate.js"] },
    generated: ["SESSION_SECRET"],
  },
  // The tests read the sources.
  build: { testDuringBuild: true },
  stages: {
    production: {
      branch: "main",
      traffic: { canary: { percent: 10, minutes: 5 } },
      bakeMinutes: 5,
    },
  },
});
