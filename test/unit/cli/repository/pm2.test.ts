import { expect, test } from "vitest";
import { surveyOf } from "../support/repository.ts";

const ecosystem = `module.exports = {
  apps: [
    {
      name: "shop",
      script: "./dist/server.js",
      cwd: "/var/www/shop/current",
      args: "--port 3000",
      node_args: ["--max-old-space-size=512"],
      instances: "max",
      env: { NODE_ENV: "development", PORT: 3000, MAIL_FROM: "a@b.test", CACHE_SECONDS: 60, SHOP_API_KEY: "k-123" },
      env_production: { NODE_ENV: "production", CACHE_SECONDS: 300, REDIS_URL: "redis://localhost", REGION: region() },
    },
    { name: "worker", script: "dist/worker.js" },
  ],
};`;

test("the app starts as pm2 starts it, with its variables; a secret stays where it is", () => {
  const { start, variables } = surveyOf({
    "package.json": { scripts: { start: "node src/server.js" } },
    "ecosystem.config.cjs": ecosystem,
  });
  expect(start).toMatchObject({
    value: ["node", "--max-old-space-size=512", "dist/server.js", "--port", "3000"],
    evidence: "ecosystem.config.cjs:5",
  });
  expect(variables.plain.map(({ value }) => value)).toEqual([
    { name: "MAIL_FROM", value: "a@b.test" },
    { name: "CACHE_SECONDS", value: "300" },
  ]);
  expect(variables.open.map(({ value }) => value)).toEqual([
    { name: "SHOP_API_KEY", isSecret: true },
    { name: "REDIS_URL", isSecret: false },
    { name: "REGION", isSecret: false },
  ]);
  expect(JSON.stringify(variables)).not.toContain("k-123");
});

test.each([
  [{ script: "npm", args: "run serve" }, ["node", "build/main.js"]],
  [{ script: "npm", args: ["start"] }, undefined],
  [{ script: "src/main.js", cwd: "server", interpreter: "/usr/local/bin/node" }, ["node", "server/src/main.js"]],
  [{ script: "node_modules/.bin/next", args: "start", interpreter: "none" }, ["node_modules/.bin/next", "start"]],
  [{ name: "no script" }, undefined],
])("pm2 starts %j with %j", (app, argv) => {
  const scripts = { serve: "node build/main.js", start: "pm2-runtime start ecosystem.config.js" };
  const { start } = surveyOf({ "package.json": { scripts }, "ecosystem.json": { apps: [app] } });
  expect(start?.reason === "pm2 starts it so" ? start.value : undefined).toEqual(argv);
});
