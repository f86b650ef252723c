import { readFileSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Status } from "../../cli/stage/status.ts";
import { allScenarios } from "../support/all-scenarios.ts";
import { holdPort } from "../support/held-port.ts";
import { configOf, createOwnApp, type OwnApp } from "../support/own-app.ts";

const staging = { branch: "staging" };
const production = { branch: "main" };

describe.runIf(allScenarios)("two apps on one machine", () => {
  let shop: OwnApp;
  let blog: OwnApp;
  let shopStatus: Status;

  const start = async (app: OwnApp, ...options: string[]) => {
    const result = await app.lockstep("up", "--detach", "--speed", "600", ...options);
    expect(result.exitCode, `${result.stdout}\n${result.stderr}`).toBe(0);
    return result;
  };

  beforeAll(async () => {
    shop = await createOwnApp();
    blog = await createOwnApp({ name: "blog", stages: { production, staging } });
    await start(shop);
    shopStatus = await shop.status();
    await start(blog, "--empty");
  }, 300_000);

  afterAll(async () => {
    await shop?.remove();
    await blog?.remove();
  }, 120_000);

  const portsOf = ({ url, testUrl, endpoint, databaseUrl }: Status) =>
    [url, testUrl, endpoint, databaseUrl].map((address) => new URL(address ?? "").port);

  it("have ports of their own, and do not change each other", async () => {
    const ports = [...portsOf(shopStatus), ...portsOf(await blog.status())];
    expect(new Set(ports).size).toBe(8);
    expect(await shop.status()).toEqual(shopStatus);
    expect((await blog.lockstep("down")).exitCode).toBe(0);
    expect(await shop.status()).toEqual(shopStatus);
    expect(await (await fetch(shopStatus.url)).text()).toBe("tiny app, version one\n");
  }, 120_000);

  it("start again on free ports when others use theirs, and the remote is corrected", async () => {
    expect((await shop.lockstep("down")).exitCode).toBe(0);
    const held = await Promise.all(portsOf(shopStatus).map((port) => holdPort(Number(port))));
    try {
      const { stdout } = await start(shop);
      for (const port of portsOf(shopStatus).slice(0, 3)) expect(stdout).toContain(`Port ${port} is in use`);
      const moved = await shop.status();
      expect(new Set([...portsOf(shopStatus), ...portsOf(moved)]).size).toBe(8);
      expect(moved.live).toEqual(shopStatus.live);
      expect(await (await fetch(moved.url)).text()).toBe("tiny app, version one\n");
      await shop.copy.commit({ "src/release.txt": "moved\n" });
      const push = await shop.lockstep("push");
      expect(push.exitCode, push.stderr).toBe(0);
      const settings = await shop.copy.git("config", "--list", "--local");
      expect(settings).toContain(`remote.lockstep.url=${moved.gitUrl}\n`);
      expect(settings).not.toContain(shopStatus.gitUrl);
    } finally {
      await Promise.all(held.map((port) => port.release()));
    }
  }, 240_000);

  it("of which one was renamed keep its data aside", async () => {
    const state = path.join(shop.directory, ".lockstep");
    const { live } = await shop.status();
    shop.copy.write("lockstep.config.ts", configOf({ name: "store" }));
    const { stderr } = await start(shop, "--empty", "--yes");
    expect(stderr).toContain("none of its stacks (Shop-Production-Data, ");
    expect(stderr).toContain(
      `kept in ${path.join("..", "..", ".lockstep.Shop")}, with:\n  the database and its data\n`,
    );
    expect(await shop.status()).toMatchObject({ live: null, gitUrl: expect.stringMatching(/\/store$/) });
    expect((await shop.lockstep("down")).exitCode).toBe(0);
    rmSync(state, { recursive: true });
    renameSync(`${state}.Shop`, state);
    shop.copy.write("lockstep.config.ts", configOf({}));
    await start(shop, "--empty");
    expect((await shop.status()).live).toEqual(live);
  }, 240_000);

  it("of which one loses a stage ask before its stacks are deleted, and keep its data", async () => {
    await start(blog, "--empty");
    const stateFile = path.join(blog.directory, ".lockstep", "cloud.json");
    const running = readFileSync(stateFile, "utf8");
    blog.copy.write("lockstep.config.ts", configOf({ name: "blog", stages: { production } }));
    const refused = await blog.lockstep("up", "--detach", "--empty");
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain("Blog-Staging-Pipeline, Blog-Staging-Service\n");
    expect(refused.stderr).toContain("it keeps:\n  the database and its data\n");
    expect(refused.stderr).toContain(
      "Nothing was changed. Fix: undo the change of lockstep.config.ts, or run: lockstep up --yes",
    );
    expect(readFileSync(stateFile, "utf8")).toBe(running);
    await start(blog, "--empty", "--yes");
    expect((await blog.status()).stage).toBe("production");
    expect((await blog.lockstep("status", "--stage", "staging")).exitCode).toBe(2);
    blog.copy.write("lockstep.config.ts", configOf({ name: "blog", stages: { production, staging } }));
    await start(blog, "--empty");
    expect((await blog.lockstep("status", "--stage", "staging")).exitCode).toBe(0);
  }, 300_000);
});
