import { cpSync, readFileSync } from "node:fs";
import path from "node:path";
import { Client } from "pg";
import type { PushResult } from "../../cli/commands/push.ts";
import type { Status } from "../../cli/stage/status.ts";
import { type CommandResult, runLockstep } from "../support/command-line.ts";
import { workingCopy, type WorkingCopy } from "../support/git.ts";
import type { Files } from "./migration-files.ts";
import type { Edit, Shape } from "./shape.ts";
import { apps } from "./shapes.ts";

export interface Step {
  readonly name: string;
  readonly seconds: number;
  readonly outcome: string;
  /** Undefined: as expected. */
  readonly problem?: string | undefined;
}

interface RunOptions {
  readonly onStep?: (step: Step) => void;
  /** Steps to leave out. */
  readonly without?: readonly string[];
  readonly speed?: number;
}

/** Deploys an app from `git init` on, as its owner would, and takes it through releases that work and that do not. */
export async function runShape(shape: Shape, options: RunOptions = {}): Promise<Step[]> {
  const { onStep, without = [], speed = 60 } = options;
  const owner = await Owner.create(shape, speed);
  const steps: Step[] = [];
  try {
    for (const [name, run] of owner.steps().filter(([step]) => !without.includes(step))) {
      const started = performance.now();
      const result = await run().catch((error: unknown) => ({ outcome: "failed", problem: String(error) }));
      const step = { name, seconds: (performance.now() - started) / 1000, ...result };
      steps.push(step);
      onStep?.(step);
      if (step.problem !== undefined && ["init", "live"].includes(name)) break; // nothing later can work
    }
  } finally {
    await owner.remove();
  }
  return steps;
}

interface Result {
  outcome: string;
  problem?: string | undefined;
}

class Owner {
  private readonly shape: Shape;
  private readonly copy: WorkingCopy;
  private readonly speed: number;
  private constructor(shape: Shape, copy: WorkingCopy, speed: number) {
    this.shape = shape;
    this.copy = copy;
    this.speed = speed;
  }

  static async create(shape: Shape, speed: number): Promise<Owner> {
    const copy = await workingCopy();
    cpSync(path.join(apps, shape.name), copy.directory, { recursive: true });
    return new Owner(shape, copy, speed);
  }

  steps(): readonly (readonly [string, () => Promise<Result>])[] {
    const { shape } = this;
    const gated = "select shape_gate()"; // a function that the database does not have yet
    const takenBack = { isTakenBack: true };
    return [
      ["init", () => this.init()],
      ["live", () => this.live()],
      ["migration", () => this.expand()],
      ["500", () => this.release(this.edited(shape.breakHealth), "rolled back", takenBack)],
      ["crash", () => this.release(shape.crash(this.copy.directory), "rolled back", takenBack)],
      ["failing migration", () => this.release(shape.migration(gated, 2), "rolled back", {})],
      ["redrive", () => this.redrive()],
      ["down", async () => this.succeeded(await this.lockstep("down"), "stopped")],
    ];
  }

  private async init(): Promise<Result> {
    const { required, buildVariables } = this.shape;
    const { stdout, stderr, exitCode } = await this.lockstep("init", "--yes");
    if (exitCode !== 0) return { outcome: "failed", problem: stderr };
    if (required && !required.finding.test(stdout))
      return { outcome: "wrote a configuration", problem: `no finding ${required.finding} in:\n${stdout}` };
    const config = readFileSync(path.join(this.copy.directory, "lockstep.config.ts"), "utf8");
    const variables =
      buildVariables &&
      config.replace("  stages:", `  build: { variables: ${JSON.stringify(buildVariables)} },\n  stages:`);
    await this.copy.commit(
      {
        ...(required && this.edited(required.edit)),
        ...(variables !== undefined && { "lockstep.config.ts": variables }),
      },
      "Add the app",
    );
    const check = await this.lockstep("check");
    if (check.exitCode !== 0) return { outcome: "refused by check", problem: check.stdout + check.stderr };
    return { outcome: required ? "one change, as init says" : "no change" };
  }

  private async live(): Promise<Result> {
    const result = this.succeeded(await this.lockstep("up", "--detach", "--speed", String(this.speed)), "live");
    return result.problem === undefined ? { ...result, problem: await this.use() } : result;
  }

  private async expand(): Promise<Result> {
    const files = this.shape.migration(`alter table ${this.shape.table} add column note text`, 1);
    const result = await this.release(files, "deployed", {});
    if (result.problem !== undefined) return result;
    const [row] = await this.query(
      `select count(*)::int as count from pg_attribute where attrelid = '${this.shape.table}'::regclass and attname = 'note'`,
    );
    if (row?.count !== 1) return { ...result, problem: "the column is not in the table" };
    const logs = await this.lockstep("logs", "migration");
    return logs.exitCode === 0 && logs.stdout !== "" ? result : { ...result, problem: `no log: ${logs.stderr}` };
  }

  /** Pushes a commit. One that fails must leave the live release as it is. */
  private async release(files: Files, expected: PushResult["outcome"], { isTakenBack = false }): Promise<Result> {
    const before = await this.status();
    await this.copy.commit(files, "Change");
    const { stdout, stderr } = await this.lockstep("push", "--json");
    if (isTakenBack) await this.copy.git("revert", "--no-edit", "HEAD");
    if (!stdout.startsWith("{")) return { outcome: "not pushed", problem: stderr };
    const { outcome, failure } = JSON.parse(stdout) as PushResult;
    const shown = failure ? `${outcome} (${failure.error})` : outcome;
    const isExpected = outcome === expected || (expected === "rolled back" && outcome === "failed");
    if (!isExpected) return { outcome: shown, problem: failure ? `${failure.step}: ${failure.cause}` : stderr };
    const after = await this.status();
    const hasChanged = after.live?.commit !== before.live?.commit;
    if (hasChanged !== (expected === "deployed")) return { outcome: shown, problem: `live: ${after.live?.commit}` };
    return { outcome: shown, problem: await this.use() };
  }

  /** Gives the failed migration what it lacked, and resumes its deployment. */
  private async redrive(): Promise<Result> {
    await this.query("create function shape_gate() returns int language sql as 'select 1'");
    if (this.shape.recover !== undefined) await this.query(this.shape.recover);
    const result = this.succeeded(await this.lockstep("redrive"), "deployed");
    return result.problem === undefined ? { ...result, problem: await this.use() } : result;
  }

  /** Writes and reads through the load balancer; returns what is wrong. */
  private async use(): Promise<string | undefined> {
    const { write, read } = this.shape;
    const { url } = await this.status();
    const { body, headers } = this.request(write.body);
    const posted = await fetch(new URL(write.path, url), { method: "POST", body, headers });
    if (!posted.ok) return `POST ${write.path} answered ${posted.status}`;
    const text = await (await fetch(new URL(read.path, url))).text();
    return text.includes(read.expect)
      ? undefined
      : `GET ${read.path} does not contain ${read.expect}: ${text.slice(0, 300)}`;
  }

  private request(values: Shape["write"]["body"]) {
    const headers = { "content-type": "application/json" };
    if (!this.shape.write.isForm) return { body: JSON.stringify(values), headers };
    const form = new URLSearchParams();
    for (const [name, value] of Object.entries(values)) form.set(name, String(value));
    return { body: form, headers: {} };
  }

  private edited({ file, from, to }: Edit): Files {
    const text = readFileSync(path.join(this.copy.directory, file), "utf8");
    if (!text.includes(from)) throw new Error(`${file} does not contain ${from}`);
    return { [file]: text.replace(from, to) };
  }

  /** As the owner of the database. */
  private async query(statement: string): Promise<Record<string, unknown>[]> {
    const { stdout } = await this.lockstep("status", "--json", "--show-secrets");
    const { databaseUrl } = JSON.parse(stdout) as Status;
    const connectionString = databaseUrl?.replace(/\?.*$/, "");
    const client = new Client({ connectionString, ssl: { rejectUnauthorized: false } });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(statement)).rows;
    } finally {
      await client.end();
    }
  }

  private succeeded({ exitCode, stdout, stderr }: CommandResult, outcome: string): Result {
    return exitCode === 0
      ? { outcome }
      : { outcome: `exit code ${exitCode}`, problem: `${stdout.slice(-1500)}\n${stderr.slice(-3000)}` };
  }

  private lockstep(...args: string[]): Promise<CommandResult> {
    return runLockstep(args, { directory: this.copy.directory });
  }

  private async status(): Promise<Status> {
    return JSON.parse((await this.lockstep("status", "--json")).stdout) as Status;
  }

  async remove(): Promise<void> {
    await this.lockstep("down");
    this.copy.remove();
  }
}
