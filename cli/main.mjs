#!/usr/bin/env node
// Runs on any Node.js version and starts the command line with Node.js 24.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import path from "node:path";
import { ensureDependencies, fail, findNode, userCache } from "./setup.mjs";

ensureDependencies();
const node = findNode();
if (!node)
  fail(
    `Lockstep needs Node.js 24 or later; this is ${process.version}, and no packaged Node.js is available for ${process.platform}-${process.arch}. Fix: install Node.js 24.`,
  );

// Cached compiled code halves the start-up time of a command.
const NODE_COMPILE_CACHE = path.join(userCache, "compile");
const env = { NODE_COMPILE_CACHE, ...process.env };
const { resolve } = createRequire(import.meta.url);
const isHelper = process.argv[2] === "git-credential"; // which git runs at each push and fetch
const argv = isHelper
  ? [resolve("#cli/git-credential.ts"), ...process.argv.slice(3)]
  : [resolve("#cli/program.ts"), ...process.argv.slice(2)];
const child = spawn(node, argv, { stdio: "inherit", env });
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => process.exit(code ?? (signal ? 130 : 1)));
