import { readFileSync } from "node:fs";
import path from "node:path";
import {
  drizzleFile,
  knexFile,
  kyselyFile,
  nodePgMigrateFile,
  prismaFolder,
  sqlFile,
  typeormFile,
} from "./migration-files.ts";
import type { Edit, Shape } from "./shape.ts";

export const apps = path.resolve(import.meta.dirname, "apps");

/** A query of the health check that always fails. */
const failingQuery = (file: string, query = "select 1"): Edit => ({ file, from: query, to: "select no_such_column" });

/** An error when the module is loaded. */
const throwIn = (file: string) => (directory: string) => ({
  [file]: `${readFileSync(path.join(directory, file), "utf8")}\nthrow new Error("No configuration for mail");\n`,
});

/** Next.js runs it when the server starts: https://nextjs.org/docs/app/api-reference/file-conventions/instrumentation */
const exitingInstrumentation = () => ({
  "instrumentation.ts": `export function register() {
  if (process.env.NEXT_RUNTIME !== "nodejs") return;
  console.error("Error: No configuration for mail");
  process.exit(1);
}
`,
});

export const shapes: readonly Shape[] = [
  {
    name: "express-sql",
    required: {
      finding: /listens on 3000, reads no PORT/,
      edit: { file: "server.js", from: "app.listen(3000,", to: "app.listen(process.env.PORT ?? 3000," },
    },
    write: { path: "/entries", body: { name: "Ada", message: "hello-shapes" }, isForm: true },
    read: { path: "/", expect: "hello-shapes" },
    table: "entries",
    migration: sqlFile("migrations"),
    breakHealth: failingQuery("server.js"),
    crash: throwIn("server.js"),
  },
  {
    name: "express-drizzle",
    write: { path: "/api/books", body: { title: "hello-shapes" } },
    read: { path: "/api/books", expect: "hello-shapes" },
    table: "books",
    migration: drizzleFile(path.join(apps, "express-drizzle")),
    breakHealth: failingQuery("server/index.ts"),
    crash: throwIn("server/index.ts"),
  },
  {
    name: "express-knex",
    write: { path: "/items", body: { name: "hello-shapes", quantity: 3 } },
    read: { path: "/items", expect: "hello-shapes" },
    table: "items",
    migration: knexFile,
    breakHealth: failingQuery("src/app.js"),
    crash: throwIn("src/index.js"),
  },
  {
    name: "fastify-pnpm",
    write: { path: "/polls", body: { question: "hello-shapes?" } },
    read: { path: "/polls", expect: "hello-shapes" },
    table: "polls",
    migration: nodePgMigrateFile,
    breakHealth: failingQuery("src/app.js"),
    crash: throwIn("src/server.js"),
  },
  {
    name: "prisma",
    // `prisma generate` loads a program from outside of npm's registry, which it does not use with engineType "client".
    buildVariables: { PRISMA_QUERY_ENGINE_LIBRARY: "/bin/true" },
    write: { path: "/recipes", body: { title: "hello-shapes", steps: "" } },
    read: { path: "/recipes", expect: "hello-shapes" },
    table: '"Recipe"',
    migration: prismaFolder,
    // https://www.prisma.io/docs/orm/prisma-migrate/workflows/patching-and-hotfixing: `prisma migrate resolve --rolled-back`
    recover: "update _prisma_migrations set rolled_back_at = now() where finished_at is null",
    breakHealth: failingQuery("src/main.ts", "SELECT 1"),
    crash: throwIn("src/main.ts"),
  },
  {
    name: "hono-kysely",
    write: { path: "/links", body: { url: "https://example.com/hello-shapes" } },
    read: { path: "/links", expect: "hello-shapes" },
    table: "links",
    migration: kyselyFile,
    breakHealth: failingQuery("src/index.ts"),
    crash: throwIn("src/index.ts"),
  },
  {
    name: "pnpm-workspace",
    root: "apps/web",
    write: { path: "/", body: { title: "hello-shapes", day: "2026-03-01" } },
    read: { path: "/", expect: "hello-shapes" },
    table: "meetings",
    migration: sqlFile("apps/web/db/migrations"),
    breakHealth: failingQuery("apps/web/src/server.ts"),
    crash: throwIn("apps/web/src/server.ts"),
  },
  {
    name: "own-buildspec",
    write: { path: "/", body: { text: "hello-shapes" } },
    read: { path: "/", expect: "hello-shapes" },
    table: "feedback",
    migration: sqlFile("sql"),
    breakHealth: failingQuery("src/server.js"),
    crash: throwIn("src/server.js"),
  },
  {
    name: "next",
    write: { path: "/api/notes", body: { body: "hello-shapes" } },
    read: { path: "/", expect: "hello-shapes" },
    table: "notes",
    migration: nodePgMigrateFile,
    breakHealth: failingQuery("app/api/health/route.ts"),
    crash: exitingInstrumentation,
  },
  {
    name: "next-standalone",
    write: { path: "/api/incidents", body: { title: "hello-shapes" } },
    read: { path: "/", expect: "hello-shapes" },
    table: "incidents",
    migration: sqlFile("migrations"),
    breakHealth: failingQuery("app/api/health/route.ts"),
    crash: exitingInstrumentation,
  },
  {
    name: "nest-typeorm",
    write: { path: "/bookings", body: { guest: "hello-shapes", arrival: "2026-03-01" } },
    read: { path: "/bookings", expect: "hello-shapes" },
    table: "bookings",
    migration: typeormFile,
    breakHealth: failingQuery("src/health.controller.ts", "SELECT 1"),
    crash: throwIn("src/main.ts"),
  },
];
