import { readFileSync } from "node:fs";
import path from "node:path";
import type { ConfigInput } from "../../lib/config/index.ts";
import baseConfig from "../../lockstep.config.ts";
import { startVisitors } from "../matrix/visitors.ts";
import type { WorkingCopy } from "../support/git.ts";
import { startStage, type Stage } from "../support/stage.ts";

export const unchanged = "the update changed nothing";

type Values = Readonly<Record<string, unknown>>;

/** A stage with a release and visitors, whose configuration changes. */
export class UpdatedStage {
  private current: Values = {};
  private turn = 0;
  private readonly stage: Stage;
  private readonly copy: WorkingCopy;
  private readonly url: string;

  private constructor(stage: Stage, copy: WorkingCopy, url: string) {
    this.stage = stage;
    this.copy = copy;
    this.url = url;
  }

  static async start(): Promise<UpdatedStage> {
    const stage = await startStage({ changes: {} });
    const updated = new UpdatedStage(stage, await appWithFolder(stage), await stage.url());
    const problem = await updated.release();
    if (problem !== undefined) throw new Error(problem);
    return updated;
  }

  /** Updates the stacks to the configuration with these values, then deploys a release, while visitors send requests. Returns what went wrong. */
  async change(values: Values, refused?: RegExp): Promise<string[]> {
    const visitors = startVisitors(this.url);
    const problems = [await this.update(values, refused), await this.setSecrets(values), await this.release()];
    const { failures } = await visitors.stop();
    const [first] = failures;
    if (first) problems.push(`${failures.length} requests failed: ${first.what}`);
    return problems.filter((problem) => problem !== undefined);
  }

  private async update(values: Values, refused: RegExp | undefined): Promise<string | undefined> {
    const pid = this.stage.controlPlanePid();
    this.stage.configure(withValues(refused ? { ...this.current, ...values } : values));
    const { exitCode, stdout, stderr } = await this.stage.up();
    if (!refused) {
      if (exitCode !== 0) return `the update failed: ${stderr}`;
      this.current = values;
      return stdout.includes("Updating the running stacks") ? undefined : unchanged;
    }
    this.stage.configure(withValues(this.current));
    if (exitCode === 0) return "the update was applied, expected a refusal";
    if (!refused.test(stderr)) return `the refusal is ${stderr}, expected ${refused}`;
    return this.stage.controlPlanePid() === pid ? undefined : "the control plane was restarted before the refusal";
  }

  /** Those that builds read. */
  private async setSecrets({ "build.secrets": names }: Values): Promise<string | undefined> {
    for (const name of Array.isArray(names) ? names.map(String) : []) {
      const set = await this.stage.lockstepWithInput("a token", "secret", "set", name, "--build");
      if (set.exitCode !== 0) return `secret ${name} was not set: ${set.stderr}`;
    }
    return undefined;
  }

  /** Pushes a commit and waits until its deployment has ended. */
  private async release(): Promise<string | undefined> {
    const branch = this.current["stages.production.branch"];
    this.turn += 1;
    const turn = String(this.turn);
    // A push that changes nothing in `app.root` is not deployed.
    const commit = await this.copy.commit({ "turn.txt": turn, "server/turn.txt": turn });
    const target = `refs/heads/${typeof branch === "string" ? branch : "main"}`;
    await this.copy.git("push", "--quiet", "--force", "origin", `HEAD:${target}`);
    const ended = this.stage.ended(commit);
    if (this.current["stages.production.approval.minutes"] !== undefined) await this.approve(commit);
    const { status, error, cause } = await ended;
    if (status !== "SUCCEEDED") return `the deployment ended ${status}: ${error} ${cause}`;
    const served = (await fetch(this.url)).headers.get("x-release");
    return served === commit ? undefined : `commit ${served} is live, expected ${commit}`;
  }

  private async approve(commit: string): Promise<void> {
    for (let attempt = 0; attempt < 60; attempt += 1)
      if ((await this.stage.lockstep("approve", commit.slice(0, 8))).exitCode === 0) return;
  }

  async remove(): Promise<void> {
    await this.stage.remove();
    this.copy.remove();
  }
}

/** The app, also in the folder that a change of `app.root` names. */
async function appWithFolder(stage: Stage): Promise<WorkingCopy> {
  const copy = await stage.clone("tiny-app");
  for (const file of ["package.json", "package-lock.json", "src/server.js"])
    copy.write(`server/${file}`, readFileSync(path.join(copy.directory, file), "utf8"));
  return copy;
}

function withValues(values: Values): ConfigInput {
  const config: ConfigInput = structuredClone(baseConfig);
  for (const [field, value] of Object.entries(values)) setIn(config, field.split("."), value);
  return config;
}

function setIn(target: object, [name = "", ...rest]: readonly string[], value: unknown): void {
  const inner: unknown = Reflect.get(target, name) ?? {};
  const isLeaf = rest.length === 0 || typeof inner !== "object" || inner === null;
  if (!isLeaf) setIn(inner, rest, value);
  Reflect.set(target, name, isLeaf ? value : inner);
}
