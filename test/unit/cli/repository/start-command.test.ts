import { expect, test } from "vitest";
import { surveyOf } from "../support/repository.ts";

test.each([
  [{ scripts: { start: "nest start", "start:prod": "node dist/main" } }, {}, ["node", "dist/main"]],
  [{ scripts: { start: "nodemon server.js" } }, { "server.js": "" }, ["node", "server.js"]],
  [{ scripts: { start: "next start -p 4000" } }, {}, ["node_modules/.bin/next", "start"]],
  [{ scripts: { start: "node server.js | pino-pretty" } }, {}, ["sh", "-c", "node server.js | pino-pretty"]],
  [{ dependencies: { next: "16" } }, {}, ["node_modules/.bin/next", "start"]],
  [{}, { Procfile: "release: x\nweb: node bin/www.js\n" }, ["node", "bin/www.js"]],
  [{}, { Dockerfile: 'FROM node\nCMD ["node", "build/index.js"]\n' }, ["node", "build/index.js"]],
  [{}, { "server.js": "" }, ["node", "server.js"]],
  [{}, {}, undefined],
])("%j with %j starts with %j", (manifest, files, argv) => {
  expect(surveyOf({ "package.json": manifest, ...files }).start?.value).toEqual(argv);
});
