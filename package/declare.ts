import { execFileSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { doors } from "./entries.ts";

/** Declares what apps can import. Types are checked by `npm run check:types`. */
export function declare(root: string, outDir: string): void {
  const project = path.join(outDir, "tsconfig.json");
  const compilerOptions = {
    outDir,
    rootDir: root,
    noEmit: false,
    noCheck: true,
    declaration: true,
    emitDeclarationOnly: true,
  };
  const files = doors.map((door) => path.join(root, door));
  writeFileSync(
    project,
    JSON.stringify({ extends: path.join(root, "tsconfig.json"), compilerOptions, files, include: [] }),
  );
  execFileSync(path.join(root, "node_modules", ".bin", "tsc"), ["--project", project], { stdio: "inherit" });
  rmSync(project);
}
