import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { matchesPattern } from "#local/access/index.ts";
import { digest } from "#local/assembly/scope.ts";
import * as z from "zod";
import config from "../../lockstep.config.ts";
import { statementsOf } from "./policies.ts";
import type { Proof } from "./proof.ts";
import { synthesizeApp } from "./synthesize-app.ts";
import { unusedPermissions } from "./unused-permissions.ts";

const root = path.resolve(import.meta.dirname, "../..");
/** Success, rollback, redrive, restore, assets and what people do, in local clouds that decide every call by the policies. */
const scenarios = ["storefront", "failure", "commands", "restore"];
/** Left out by `npm test`. */
const longScenarios = ["assets"];
const line = z.object({ role: z.string(), action: z.string(), resource: z.string(), allowed: z.boolean() });

interface Permission {
  /** Stack and logical id. */
  role: string;
  action: string;
}

/** What roles call while the scenarios run, against what their policies allow. */
export const calls: Proof = {
  name: "Calls",
  async run() {
    const lines = readLog(process.env.LOCKSTEP_ACCESS_LOG ?? runScenarios());
    const permissions = await allowed();
    const unused = permissions.filter((permission) => !lines.some((call) => uses(call, permission)));
    const texts = unused.map(({ role, action }) => `${role} ${action}`);
    const stale = unusedPermissions.filter(
      ({ permission }) => !permissions.some(({ role, action }) => permission.test(`${role} ${action}`)),
    );
    const withReason = texts.filter((text) => unusedPermissions.some(({ permission }) => permission.test(text)));
    return {
      checked: `${permissions.length} permissions, ${permissions.length - unused.length} used, ${withReason.length} unused with a reason`,
      findings: [
        ...lines
          .filter((call) => !call.allowed)
          .map(({ role, action, resource }) => `${role} is denied ${action} on ${resource}`),
        ...texts.filter((text) => !withReason.includes(text)).map((text) => `${text} is not used`),
        ...stale.map(({ permission }) => `${permission.source} has a reason but is no permission`),
      ],
    };
  },
};

async function allowed(): Promise<Permission[]> {
  const statements = await statementsOf(synthesizeApp(config).directory);
  const pairs = statements.flatMap(({ role, Action }) => (role ? Action.map((action) => `${role} ${action}`) : []));
  return [...new Set(pairs)].map((pair) => {
    const [role = "", action = ""] = pair.split(" ");
    return { role, action };
  });
}

/** The local cloud names a role by its stack and logical id, and a digest of both. */
function uses(call: z.output<typeof line>, { role, action }: Permission): boolean {
  const suffix = digest(role).slice(0, 12).toUpperCase();
  return call.allowed && call.role.endsWith(suffix) && matchesPattern(action, call.action, { ignoreCase: true });
}

function readLog(file: string): z.output<typeof line>[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8")
    .trim()
    .split("\n")
    .map((text) => line.parse(JSON.parse(text)));
}

function runScenarios(): string {
  const file = path.join(mkdtempSync(path.join(tmpdir(), "lockstep-prove-")), "access.log");
  runTests(scenarios, { LOCKSTEP_ACCESS_LOG: file });
  runTests(longScenarios, { LOCKSTEP_ACCESS_LOG: file, SCENARIOS: "all" });
  return file;
}

function runTests(names: readonly string[], environment: Readonly<Record<string, string>>): void {
  const vitest = path.join(root, "node_modules", "vitest", "vitest.mjs");
  const files = names.map((name) => `test/scenario/${name}.test.ts`);
  const { status } = spawnSync(process.execPath, [vitest, "run", ...files], {
    cwd: root,
    env: { ...process.env, ...environment },
    stdio: ["ignore", 2, 2],
  });
  if (status !== 0) throw new Error(`The scenarios failed.\nRun: npx vitest run ${files.join(" ")}`);
}
