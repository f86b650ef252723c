import { describe, expect, test } from "vitest";
import { isDevelopmentServer, resolveScript, splitCommands } from "../../../../cli/repository/scripts.ts";
import { readManifest } from "../../../../cli/repository/manifest.ts";
import { repositoryOf } from "../support/repository.ts";

function resolve(scripts: Record<string, string>, name = "start") {
  const manifest = readManifest(repositoryOf({ "package.json": { scripts } }), ".");
  if (!manifest) throw new Error("no manifest");
  return resolveScript(manifest, name);
}

describe("a script as a command without a shell", () => {
  test.each([
    ["node server.js", ["node", "server.js"]],
    ["NODE_ENV=production node dist/server.js", ["node", "dist/server.js"]],
    ["cross-env NODE_ENV=production LOG=1 node dist/server.js", ["node", "dist/server.js"]],
    ["next start", ["node_modules/.bin/next", "start"]],
    ["npx next start", ["node_modules/.bin/next", "start"]],
    ["pnpm exec next start", ["node_modules/.bin/next", "start"]],
    ["dotenv -e .env.production -- node dist/main.js", ["node", "dist/main.js"]],
    ["node --env-file=.env --enable-source-maps dist/main.js", ["node", "--enable-source-maps", "dist/main.js"]],
    ["node --env-file .env dist/main.js", ["node", "dist/main.js"]],
    ["pm2-runtime start dist/main.js -i max", ["node", "dist/main.js"]],
    [`node "dist/the server.js" 'a b'`, ["node", "dist/the server.js", "a b"]],
  ])("%s", (script, argv) => expect(resolve({ start: script })?.argv).toEqual(argv));

  test("is the last of several, and follows other scripts with their arguments", () => {
    const scripts = {
      start: "npm run migrate && npm run serve -- --trust-proxy",
      migrate: "prisma migrate deploy",
      serve: "node dist/main.js",
    };
    expect(resolve(scripts)).toEqual({
      argv: ["node", "dist/main.js", "--trust-proxy"],
      before: [["npm", "run", "migrate"]],
    });
  });

  test("ends where scripts run each other", () => {
    expect(resolve({ start: "npm run serve", serve: "npm start" })).toBeUndefined();
  });

  test.each(["node server.js | pino-pretty", "node server.js -p $PORT", "node a.js & node b.js", "node a.js > log"])(
    "%s needs a shell",
    (line) => expect(splitCommands(line)).toBeUndefined(),
  );
});

test.each([
  [["node_modules/.bin/nodemon", "server.js"], true],
  [["node", "--watch", "server.js"], true],
  [["node_modules/.bin/next", "dev"], true],
  [["node_modules/.bin/next", "start"], false],
  [["node_modules/.bin/tsx", "watch", "src/index.ts"], true],
  [["node", "dist/server.js"], false],
])("%j is a development server: %s", (argv, isDevelopment) => expect(isDevelopmentServer(argv)).toBe(isDevelopment));
