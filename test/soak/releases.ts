import { readFileSync } from "node:fs";
import path from "node:path";
import type { WorkingCopy } from "../support/git.ts";
import { storefrontMigration } from "../support/storefront-migration.ts";

type Files = Readonly<Record<string, string>>;

/** A release of the storefront that is pushed while its parts are killed. */
export interface Release {
  readonly what: string;
  /** A broken release must never stay live. */
  readonly broken: boolean;
  /** Steps of its deployment, the only ones at which something is killed. */
  readonly steps: readonly string[];
  readonly files: (copy: WorkingCopy, turn: number) => Files;
}

const sources = ["src/headline.ts", "src/server/server.ts", "src/server/app.ts"] as const;
const source = (file: (typeof sources)[number]) =>
  readFileSync(path.resolve(import.meta.dirname, "../../examples/storefront", file), "utf8");
const fixed = new Map<string, string>();

/** The files that a broken release changed, as they are in a healthy one. */
export const storefrontFiles = (): Files => ({
  ...Object.fromEntries(sources.map((file) => [file, source(file)])),
  ...Object.fromEntries(fixed),
});

/** How visitors use the storefront. */
export const storefrontPaths = {
  read: "/api/products",
  write: "/api/orders",
  body: JSON.stringify({ name: "Visitor", email: "visitor@example.com", items: [{ productId: 1, quantity: 1 }] }),
};

function changed(file: (typeof sources)[number], text: string, replacement: string): Files {
  const before = source(file);
  if (!before.includes(text)) throw new Error(`${file} of the storefront does not contain ${text}`);
  return { [file]: before.replace(text, replacement) };
}

const before = ["Acquire lock", "Build", "Plan"];
const database = ["Snapshot", "Migrate"];
const traffic = ["Shift traffic", "Probe", "Bake", "Finish"];
const rollback = ["Roll back"];

const change: Release = {
  what: "a changed page",
  broken: false,
  steps: [...before, ...traffic],
  files: (_copy, turn) => changed("src/headline.ts", "Coffee, made slowly and well.", `Coffee number ${turn}`),
};

const migration: Release = {
  what: "a migration",
  broken: false,
  steps: [...before, ...database, ...traffic],
  files: (copy, turn) => storefrontMigration(copy, `${tagOf(turn)}_added`, `create table added_${turn} (id int);`),
};

const failingMigration: Release = {
  what: "a migration that fails",
  broken: true,
  steps: [...before, ...database, ...rollback],
  files: (copy, turn) => {
    const tag = `${tagOf(turn)}_failing`;
    const table = `create table failing_${turn} (id int);`;
    fixed.set(`drizzle/${tag}.sql`, table); // as its author would fix it, in the next release
    return storefrontMigration(copy, tag, `${table}\n--> statement-breakpoint\nselect 1 / 0;`);
  },
};

const crash: Release = {
  what: "a crash at startup",
  broken: true,
  steps: [...before, "Shift traffic", ...rollback],
  files: () => changed("src/server/server.ts", "serve({", 'throw new Error("The release crashes");\nserve({'),
};

const unhealthy: Release = {
  what: "a health check that returns 500",
  broken: true,
  steps: [...before, "Shift traffic", ...rollback],
  files: () =>
    changed(
      "src/server/app.ts",
      'app.get("/health", ',
      'app.get("/health", (_request, response) => void response.status(500).end(), ',
    ),
};

const errors: Release = {
  what: "an API that returns 500",
  broken: true,
  steps: [...before, "Shift traffic", ...rollback],
  files: () =>
    changed(
      "src/server/app.ts",
      'app.use("/api", ',
      'app.use("/api", (_request, response) => void response.status(500).end(), ',
    ),
};

const tagOf = (turn: number) => String(turn).padStart(4, "0");

/** The order in which they are deployed, again and again. */
export const releases: readonly Release[] = [
  change,
  migration,
  crash,
  change,
  failingMigration,
  migration,
  errors,
  change,
  unhealthy,
  migration,
];
