import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type ContentRequest, prepareImageContent } from "../../../../release-kit/image/content.ts";

let app: string;

const contentOf = (request: Partial<ContentRequest> = {}) =>
  prepareImageContent({ root: app, app: ".", migrations: ["drizzle"], ...request });

function namesOf(request: Partial<ContentRequest> = {}) {
  const { app: files, dependencies } = contentOf(request);
  return { app: files.map(({ name }) => name), dependencies: dependencies.map(({ name }) => name) };
}

beforeEach(() => {
  app = mkdtempSync(path.join(tmpdir(), "lockstep-app-"));
});
afterEach(() => rmSync(app, { recursive: true }));

function write(...files: string[]): void {
  for (const file of files) {
    mkdirSync(path.dirname(path.join(app, file)), { recursive: true });
    writeFileSync(path.join(app, file), "{}");
  }
}

it("leaves out files of git, npm, tests and the environment", () => {
  write("package.json", "package-lock.json", "dist/server.js", "src/a.ts", "test/a.test.ts", ".env", ".env.example");
  write(".git/HEAD", ".npmrc", "node_modules/.package-lock.json", "node_modules/.cache/x", "node_modules/pg/index.js");
  expect(namesOf()).toEqual({
    app: ["dist", "dist/server.js", "package-lock.json", "package.json", "src", "src/a.ts"],
    dependencies: ["node_modules", "node_modules/pg", "node_modules/pg/index.js"],
  });
});

it("includes what a build creates, even folders with a dot", () => {
  write("package.json", ".next/BUILD_ID", ".next/cache/x", ".output/server/index.mjs", ".output/.env", ".turbo/x");
  const { app: content } = namesOf();
  expect(content).toEqual([
    ".next",
    ".next/BUILD_ID",
    ".output",
    ".output/server",
    ".output/server/index.mjs",
    "package.json",
  ]);
});

it("includes only what package.json names, and the migrations", () => {
  write("dist/server.js", "src/a.ts", "drizzle/0000.sql", "public/logo.svg");
  writeFileSync(path.join(app, "package.json"), `\uFEFF${JSON.stringify({ files: ["./dist/**", "public/", "gone"] })}`);
  const { app: content, dependencies } = namesOf();
  expect(content.filter((name) => !name.includes("/"))).toEqual(["dist", "drizzle", "package.json", "public"]);
  expect(dependencies).toEqual([]);
});

it("includes all files of a folder whose program is linked first, as in node_modules/.bin", () => {
  write("lib/bin/tool.js", "lib/index.js");
  symlinkSync("lib/bin/tool.js", path.join(app, "tool"));
  writeFileSync(path.join(app, "package.json"), JSON.stringify({ files: ["tool", "lib"] }));
  expect(namesOf().app).toEqual(["lib", "lib/bin", "lib/bin/tool.js", "lib/index.js", "package.json", "tool"]);
});

it("refuses a package.json that is not JSON, in one sentence", () => {
  writeFileSync(path.join(app, "package.json"), "{");
  expect(() => contentOf()).toThrow(/^package\.json is not JSON: /);
});

it.each(["../secrets", "dist/*.js", "/etc", "."])("refuses %s in files", (pattern) => {
  writeFileSync(path.join(app, "package.json"), JSON.stringify({ files: [pattern] }));
  expect(() => contentOf()).toThrow("is not a path of a file or folder of the app");
});

it("makes modes independent of the build's umask", () => {
  write("package.json", "dist/server.js", "dist/run.sh");
  chmodSync(path.join(app, "dist"), 0o700);
  chmodSync(path.join(app, "dist/server.js"), 0o666);
  chmodSync(path.join(app, "dist/run.sh"), 0o700);
  const modes = contentOf().app.map(({ name, mode }) => [name, mode]);
  expect(modes).toEqual([
    ["dist", 0o755],
    ["dist/run.sh", 0o755],
    ["dist/server.js", 0o644],
    ["package.json", 0o644],
  ]);
});

function link(target: string, name: string): void {
  mkdirSync(path.dirname(path.join(app, name)), { recursive: true });
  symlinkSync(target, path.join(app, name));
}

it("refuses links out of the app, to nothing, and to secrets", () => {
  write("package.json", "dist/a", ".env");
  const refusal = (target: string) => {
    rmSync(path.join(app, "dist", "b"), { force: true });
    link(target, "dist/b");
    return () => contentOf();
  };
  expect(refusal("/etc/passwd")).toThrow("dist/b is a link out of the app, to /etc/passwd");
  expect(refusal("../../x")).toThrow("dist/b is a link out of the app");
  expect(refusal("nowhere")).toThrow("dist/b is a link to nowhere, which does not exist");
  expect(refusal("b")).toThrow("dist/b is a link to b, which leads back to it");
  expect(refusal("../.env")).toThrow("dist/b is a link to .env, which never goes into an image");
});

it.each([
  ["nowhere", "is a link to nowhere, which does not exist"],
  ["../x", "is a link out of the app"],
])("refuses a link at the top level to %s", (target, reason) => {
  write("package.json");
  link(target, "assets");
  expect(() => contentOf()).toThrow(`assets ${reason}`);
});

it("follows a link to a folder whose name begins with two dots", () => {
  write("package.json", "..data/a");
  link("..data/a", "config");
  expect(namesOf().app).toEqual(["..data", "..data/a", "config", "package.json"]);
});

it.each([
  ["[]", "package.json: Invalid input"],
  ['{"files":"dist"}', "package.json: files: Invalid input"],
  ['{"dependencies":{"pg":8}}', "package.json: dependencies: pg: Invalid input"],
])("refuses a package.json that is %s, in one sentence", (text, message) => {
  writeFileSync(path.join(app, "package.json"), text);
  expect(() => contentOf()).toThrow(expect.objectContaining({ name: "ReleaseKitError" }));
  expect(() => contentOf()).toThrow(message);
});

it("refuses a dependency whose folder is empty, and lets an optional one be absent, as npm does", () => {
  mkdirSync(path.join(app, "node_modules", "pg"), { recursive: true });
  const dependencies = { pg: "8", fsevents: "2" };
  writeFileSync(
    path.join(app, "package.json"),
    JSON.stringify({ dependencies, optionalDependencies: { fsevents: "2" } }),
  );
  expect(() => contentOf()).toThrow(/^pg is among the dependencies/);
});

it("keeps links, and adds their targets", () => {
  write("package.json", "node_modules/.pnpm/pg@8/node_modules/pg/index.js", "packages/shared/index.js", "src/a.js");
  writeFileSync(
    path.join(app, "package.json"),
    JSON.stringify({ files: ["src"], dependencies: { pg: "8", shared: "1" } }),
  );
  link(".pnpm/pg@8/node_modules/pg", "node_modules/pg");
  link("../pg/index.js", "node_modules/.bin/pg");
  link("../packages/shared", "node_modules/shared");
  link(path.join(app, "src"), "node_modules/absolute");
  const { app: content, dependencies } = namesOf();
  expect(content).toEqual([
    "package.json",
    "packages",
    "packages/shared",
    "packages/shared/index.js",
    "src",
    "src/a.js",
  ]);
  expect(dependencies).toContain("node_modules/.pnpm/pg@8/node_modules/pg/index.js");
  expect(dependencies).toContain("node_modules/.bin/pg");
  const absolute = contentOf().dependencies.find(({ name }) => name === "node_modules/absolute");
  expect(absolute).toMatchObject({ type: "SymbolicLink", target: "../src" });
});

it("ends for packages that link each other and for an app that links itself", () => {
  write("package.json");
  for (const name of ["a", "b", "c"]) write(`packages/${name}/package.json`);
  for (const [name, other] of [
    ["a", "b"],
    ["b", "c"],
    ["c", "a"],
  ] as const)
    link(`../../${other}`, `packages/${name}/node_modules/${other}`);
  link("../packages/a", "node_modules/a");
  link("..", "node_modules/self");
  const { app: content, dependencies } = namesOf();
  expect(content).toContain("packages/c/node_modules/a");
  expect(content.filter((name) => name.split("node_modules").length > 2)).toEqual([]);
  expect(dependencies).toEqual(["node_modules", "node_modules/a", "node_modules/self"]);
});

it("refuses an app whose dependencies are not installed", () => {
  write("node_modules/pg/index.js");
  writeFileSync(path.join(app, "package.json"), JSON.stringify({ dependencies: { pg: "8", express: "5", hono: "4" } }));
  expect(() => contentOf()).toThrow(
    "express, hono are among the dependencies in package.json and not in node_modules: the app could not load them. Fix: install them in the build",
  );
});

it.each([
  ["files", ["b", "c", "a"]],
  ["folders", ["b/x", "c/x", "a/x"]],
])("refuses three links to %s that lead to each other", (_story, targets) => {
  write("package.json");
  for (const [index, name] of ["a", "b", "c"].entries()) link(targets[index] ?? "", name);
  expect(() => contentOf()).toThrow(/^a is a link to b.*, which leads back to it: the loop has no file\. Fix: /);
});

it("includes the files of the configuration instead of those of package.json", () => {
  write("build/server.js", "dist/cli.js", "drizzle/0000.sql");
  writeFileSync(path.join(app, "package.json"), JSON.stringify({ files: ["dist"] }));
  const { app: names } = namesOf({ files: ["build/"] });
  expect(names).toEqual(["build", "build/server.js", "drizzle", "drizzle/0000.sql", "package.json"]);
  expect(() => contentOf({ files: ["build/*.js"] })).toThrow(/^app\.files: "build\/\*\.js" is not a path/);
});

it("includes what an app of a workspace needs from outside its folder, and nothing else", () => {
  write(
    "package.json",
    "apps/web/dist/server.js",
    "apps/web/test/a.test.js",
    "apps/other/index.js",
    "packages/shared/index.js",
    "node_modules/.pnpm/pg@8/node_modules/pg/index.js",
    "node_modules/.modules.yaml",
    "apps/web/node_modules/.modules.yaml",
  );
  const dependencies = { pg: "8", shared: "workspace:*" };
  writeFileSync(path.join(app, "apps/web/package.json"), JSON.stringify({ dependencies }));
  link("../../../node_modules/.pnpm/pg@8/node_modules/pg", "apps/web/node_modules/pg");
  link("../../../packages/shared", "apps/web/node_modules/shared");
  const names = namesOf({ app: "apps/web" });
  expect(names.app).toEqual([
    "apps",
    "apps/web",
    "apps/web/dist",
    "apps/web/dist/server.js",
    "apps/web/package.json",
    "packages",
    "packages/shared",
    "packages/shared/index.js",
  ]);
  expect(names.dependencies).toEqual([
    "apps/web/node_modules",
    "apps/web/node_modules/pg",
    "apps/web/node_modules/shared",
    "node_modules",
    "node_modules/.pnpm",
    "node_modules/.pnpm/pg@8",
    "node_modules/.pnpm/pg@8/node_modules",
    "node_modules/.pnpm/pg@8/node_modules/pg",
    "node_modules/.pnpm/pg@8/node_modules/pg/index.js",
  ]);
});
