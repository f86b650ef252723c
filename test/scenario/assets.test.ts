import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { allScenarios } from "../support/all-scenarios.ts";
import { manifest } from "../support/failures.ts";
import type { WorkingCopy } from "../support/git.ts";
import { startStage, type Stage } from "../support/stage.ts";

/** Long enough for the requests below on a busy machine. Waits are 600 times shorter than configured. */
const canarySeconds = 20;

let stage: Stage;
let copy: WorkingCopy;

beforeAll(async () => {
  if (!allScenarios) return;
  stage = await startStage({ changes: { traffic: { canary: { percent: 10, minutes: canarySeconds * 10 } } } });
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

describe.runIf(allScenarios)("a page whose release is not the one that answers", () => {
  let production: string;
  const page = async () => (await fetch(production)).text();
  /** How many of 100 requests for the file of a version get it. */
  async function reachable(version: number): Promise<number> {
    const url = new URL(chunk(version, "/"), production);
    const bodies = await Promise.all(Array.from({ length: 100 }, async () => (await fetch(url)).text()));
    return bodies.filter((body) => body === `version ${version}\n`).length;
  }

  it("loads its files from the release that was live before, during a canary and after its rollback", async () => {
    for (const version of [1, 2]) {
      const end = await stage.ended(await stage.push(copy, app(version)));
      expect(end.status, end.cause).toBe("SUCCEEDED");
    }
    production = await stage.url();
    expect(await reachable(1)).toBe(100);
    const commit = await stage.push(copy, app(3));
    await vi.waitFor(async () => expect(await page()).toBe("a page of version 3"), { timeout: 120_000, interval: 50 });
    expect(await reachable(3)).toBe(100);
    expect((await stage.status()).deployment).toMatchObject({ commit, status: "running", step: "Shift traffic" });
    const { exitCode, stderr } = await stage.lockstep("abort", "--reason", "the wrong day");
    expect(exitCode, stderr).toBe(0);
    const end = await stage.ended(commit);
    expect(end.error).toBe("Aborted");
    await vi.waitFor(async () => expect((await stage.status()).rolledBack?.deployment).toContain(commit.slice(0, 8)), {
      timeout: 60_000,
      interval: 300,
    });
    expect(await page()).toBe("a page of version 2");
    expect(await reachable(3)).toBe(100);
  }, 300_000);

  it("loads its files while the control plane is down", async () => {
    stage.kill();
    for (const version of [1, 2, 3]) {
      const file = await fetch(new URL(chunk(version, "/"), production));
      expect({ status: file.status, text: await file.text() }).toEqual({ status: 200, text: `version ${version}\n` });
    }
    expect((await fetch(new URL(chunk(4, "/"), production))).status).toBe(404);
  });
});
