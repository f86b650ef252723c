import path from "node:path";
import { type Rule, rules } from "../../release-kit/lint/rules.ts";
import type { Clients } from "./clients.ts";
import type { DeploymentItem } from "./records.ts";
import { sourceRepository } from "./repository.ts";
import type { Stage } from "./stage.ts";

/** What the lint of the build says of a statement. */
export interface MigrationFinding {
  line: number;
  what: string;
  kind: Rule["kind"];
  why: string;
  instead: string;
}

/** A migration that a deployment applies. */
export interface PendingMigration {
  name: string;
  /** In the repository; null if its file was not found. */
  file: string | null;
  /** SQL, or the code that it is written in. */
  text: string | null;
  findings: MigrationFinding[];
  /** Findings that the build could not export; its log has them. */
  moreFindings: number;
}

/** The migrations that were pending when the deployment was planned, from the commit that it deploys. */
export async function readMigrations(
  clients: Clients,
  stage: Stage,
  item: DeploymentItem,
): Promise<PendingMigration[]> {
  const { plan, image, commit } = item;
  const repository = sourceRepository(clients, stage);
  return Promise.all(
    (plan?.pending ?? []).map(async (name) => {
      const source = await firstFile(migrationFiles(stage, name), (file) => repository.readFile(commit, file));
      const findings = (image?.findings?.findings ?? []).filter(({ tag }) => tag === name);
      return {
        name,
        file: source?.file ?? null,
        text: source?.text ?? null,
        findings: findings.map(({ line, what, rule }) => ({ line, what, ...ruleOf(rule) })),
        moreFindings: image?.findings?.more?.[name] ?? 0,
      };
    }),
  );
}

async function firstFile(files: readonly string[], read: (file: string) => Promise<string | undefined>) {
  for (const file of files) {
    const text = await read(file);
    if (text !== undefined) return { file, text };
  }
  return undefined;
}

/** Where the tool keeps a migration of this name: release-kit/migrations. Those of TypeORM are compiled, and not in the repository. */
export function migrationFiles({ root, migrations }: Pick<Stage, "root" | "migrations">, name: string): string[] {
  if (migrations === false || migrations.tool === "typeorm") return [];
  const { tool, folder } = migrations;
  const names: Readonly<Record<typeof tool, readonly string[]>> = {
    drizzle: [`${name}.sql`, `${name}/migration.sql`],
    prisma: [`${name}/migration.sql`],
    "node-pg-migrate": ["sql", "js", "ts", "mjs", "cjs"].map((extension) => `${name}.${extension}`),
    knex: [name],
    sequelize: [name],
    sql: [name],
    custom: [name, `${name}.sql`],
  };
  return names[tool].map((file) => path.posix.join(root, folder, file));
}

function ruleOf(name: string): Pick<Rule, "kind" | "why" | "instead"> {
  const known = Object.entries<Rule>(rules).find(([rule]) => rule === name)?.[1];
  const { kind, why, instead } = known ?? {
    kind: "destructive",
    why: "reported by the lint of another version of Lockstep",
    instead: "",
  };
  return { kind, why, instead };
}
