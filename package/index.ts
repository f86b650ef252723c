// npm run package: writes the package that apps install to dist/package, and its tarball beside it. With --try, uses it in a new app.
import { execFileSync } from "node:child_process";
import path from "node:path";
import { buildPackage } from "./build.ts";
import { tryPackage } from "./try.ts";

const dist = path.resolve(import.meta.dirname, "..", "dist");
const folder = path.join(dist, "package");
await buildPackage(folder);
const file = execFileSync("npm", ["pack", folder, "--pack-destination", dist, "--silent"], { encoding: "utf8" });
const tarball = path.join(dist, file.trim());
console.log(tarball);
if (process.argv.includes("--try")) await tryPackage(tarball);
