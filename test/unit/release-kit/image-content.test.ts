import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { prepareImageContent } from "../../../release-kit/image-content.ts";

let app: string;

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

it("leaves out what git, npm, tests and the environment keep", () => {
  write("package.json", "package-lock.json", "dist/server.js", "src/a.ts", "test/a.test.ts", ".env", ".env.example");
  write(".git/HEAD", ".npmrc", "node_modules/.package-lock.json", "node_modules/.cache/x", "node_modules/pg/index.js");
  expect(prepareImageContent(app, "drizzle")).toEqual({
    app: {
      dist: "/app/dist",
      "package.json": "/app/package.json",
      "package-lock.json": "/app/package-lock.json",
      src: "/app/src",
    },
    dependencies: { "node_modules/pg": "/app/node_modules/pg" },
  });
});

it("takes only what package.json names, and the migrations", () => {
  write("dist/server.js", "src/a.ts", "drizzle/0000.sql", "public/logo.svg");
  writeFileSync(path.join(app, "package.json"), JSON.stringify({ files: ["./dist/**", "public/", "gone"] }));
  const { app: content, dependencies } = prepareImageContent(app, "drizzle");
  expect(Object.keys(content)).toEqual(["dist", "drizzle", "package.json", "public"]);
  expect(dependencies).toEqual({});
});

it.each(["../secrets", "dist/*.js", "/etc", "."])("refuses %s in files", (pattern) => {
  writeFileSync(path.join(app, "package.json"), JSON.stringify({ files: [pattern] }));
  expect(() => prepareImageContent(app, "drizzle")).toThrow("is not a path of a file or folder of the app");
});

it("makes modes independent of the build's umask", () => {
  write("package.json", "dist/server.js", "dist/run.sh");
  chmodSync(path.join(app, "dist"), 0o700);
  chmodSync(path.join(app, "dist/server.js"), 0o666);
  chmodSync(path.join(app, "dist/run.sh"), 0o700);
  prepareImageContent(app, "drizzle");
  const modes = ["dist", "dist/server.js", "dist/run.sh"].map((file) => statSync(path.join(app, file)).mode & 0o777);
  expect(modes).toEqual([0o755, 0o644, 0o755]);
});

it("refuses links out of the app, and links to nothing", () => {
  write("package.json", "dist/a");
  symlinkSync("/etc/passwd", path.join(app, "dist", "passwd"));
  expect(() => prepareImageContent(app, "drizzle")).toThrow(/dist\/passwd is a link out of the app, to \/etc\/passwd/);
  rmSync(path.join(app, "dist", "passwd"));
  symlinkSync("nowhere", path.join(app, "dist", "broken"));
  expect(() => prepareImageContent(app, "drizzle")).toThrow("dist/broken is a link to nowhere, which is not there");
});

it("puts scripts in the place of npm's links to programs", () => {
  write("package.json", "node_modules/next/bin/next.js");
  mkdirSync(path.join(app, "node_modules/.bin"));
  symlinkSync("../next/bin/next.js", path.join(app, "node_modules/.bin/next"));
  const { dependencies } = prepareImageContent(app, "drizzle");
  expect(dependencies["node_modules/.lockstep-bin"]).toBe("/app/node_modules/.bin");
  const script = readFileSync(path.join(app, "node_modules/.lockstep-bin/next"), "utf8");
  expect(script).toBe('#!/bin/sh\nexec "$(dirname "$0")/../next/bin/next.js" "$@"\n');
});
