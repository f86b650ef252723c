// npm run package: writes the package that apps install to dist/package, and its tarball beside it.
import { execFileSync } from "node:child_process";
import path from "node:path";
import { buildPackage } from "./build.ts";

const dist = path.resolve(import.meta.dirname, "..", "dist");
const folder = path.join(dist, "package");
await buildPackage(folder);
execFileSync("npm", ["pack", folder, "--pack-destination", dist, "--silent"], { stdio: "inherit" });
