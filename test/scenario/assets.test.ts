import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { allScenarios } from "../support/all-scenarios.ts";
import { manifest } from "../support/failures.ts";
import type { WorkingCopy } from "../support/git.ts";
import { startStage, type Stage } from "../support/stage.ts";

let stage: Stage;
let copy: WorkingCopy;

beforeAll(async () => {
  if (!allScenarios) return;
  stage = await startStage();
  copy = await stage.clone("tiny-app");
}, 240_000);

afterAll(async () => {
  await stage?.remove();
  copy?.remove();
}, 60_000);

/** An app whose build names its file for browsers by its content, as Vite does, and whose server reads such files from disk. */
const app = (version: number) => ({
  ...manifest({
    build: `mkdir -p dist/client/assets && cp src/*.js dist/ && echo 'version ${version}' > ${chunk(version, "dist/client/")}`,
  }),
  "src/server.js": `import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
const server = createServer((request, response) => {
  response.setHeader("x-release", process.env.RELEASE);
  if (!request.url.startsWith("/assets/")) return response.end("a page of version ${version}");
  readFile(new URL("client" + request.url, import.meta.url)).then(
    (file) => response.end(file),
    () => response.writeHead(404).end(),
  );
});
server.keepAliveTimeout = 65_000;
server.listen(Number(process.env.PORT), process.env.HOST);
process.on("SIGTERM", () => { server.close(() => process.exit(0)); server.closeIdleConnections(); });
`,
});

const chunk = (version: number, folder: string) => `${folder}assets/page-Aa0000${version}x.js`;

describe.runIf(allScenarios)("a page of an earlier release that is still open", () => {
  it("loads its files from the releases after it, also while the control plane is down", async () => {
    for (const version of [1, 2, 3]) {
      const end = await stage.ended(await stage.push(copy, app(version)));
      expect(end.status, end.cause).toBe("SUCCEEDED");
    }
    const { url } = await stage.status();
    expect(await (await fetch(url)).text()).toBe("a page of version 3");
    stage.kill();
    for (const version of [1, 2, 3]) {
      const file = await fetch(new URL(chunk(version, "/"), url));
      expect({ status: file.status, text: await file.text() }).toEqual({ status: 200, text: `version ${version}\n` });
    }
    expect((await fetch(new URL(chunk(4, "/"), url))).status).toBe(404);
  }, 240_000);
});
