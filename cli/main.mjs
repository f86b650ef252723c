#!/usr/bin/env node
// The gate: any Node gets this far; from here on it is Node 24.
import { spawn } from "node:child_process";
import path from "node:path";
import { ensureDependencies, fail, findNode, root } from "./setup.mjs";

ensureDependencies();
const node = findNode();
if (!node)
  fail(
    `Lockstep runs on Node.js 24 or later; this is ${process.version} and the packaged one was not installed for ${process.platform}-${process.arch}. Install Node.js 24.`,
  );

// Compiled code is kept between calls: a command starts in half the time.
const NODE_COMPILE_CACHE = path.join(root, "node_modules", ".cache", "compile");
const env = { NODE_COMPILE_CACHE, ...process.env };
const child = spawn(node, [path.join(root, "cli", "program.ts"), ...process.argv.slice(2)], { stdio: "inherit", env });
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => process.exit(code ?? (signal ? 130 : 1)));
