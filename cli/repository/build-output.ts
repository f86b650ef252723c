import path from "node:path";
import { inFolder, type Repository } from "./repository.ts";
import { propertiesIn } from "./source/properties.ts";

const extensions: Readonly<Record<string, string>> = { ".ts": ".js", ".tsx": ".js", ".mts": ".mjs", ".cts": ".cjs" };

/** Where the TypeScript compiler writes a source file, relative to the app; JavaScript stays where it is. */
export function compiledFile(repository: Repository, root: string, source: string): string {
  const local = path.posix.relative(root, source);
  const extension = extensions[path.posix.extname(local)];
  if (extension === undefined) return local;
  const compiled = local.replace(/\.\w+$/, extension);
  for (const { outDir, rootDir } of compilers(repository, root)) {
    const inner = path.posix.relative(rootDir, compiled);
    if (!inner.startsWith("..")) return path.posix.join(outDir, inner);
  }
  return compiled;
}

/** The same for a folder of sources. */
export function compiledFolder(repository: Repository, root: string, source: string): string {
  return path.posix.dirname(compiledFile(repository, root, source));
}

function compilers(repository: Repository, root: string) {
  const names = repository.files
    .filter((file) => path.posix.dirname(file) === root && /(^|\/)tsconfig[\w.-]*\.json$/.test(file))
    .toSorted((a, b) => b.length - a.length);
  return names.flatMap((file) => {
    const properties = propertiesIn("tsconfig.ts", `(${repository.read(file) ?? "{}"})`);
    const value = (key: string) => properties.find((property) => property.key === key)?.values[0];
    const outDir = value("outDir");
    const include = value("include")?.replace(/\/\*.*$/, "");
    const hasFolder = (folder: string) =>
      repository.files.some((name) => name.startsWith(inFolder(root, `${folder}/`)));
    const rootDir = value("rootDir") ?? include ?? (hasFolder("src") ? "src" : ".");
    return outDir === undefined
      ? []
      : [{ outDir: path.posix.normalize(outDir), rootDir: path.posix.normalize(rootDir) }];
  });
}
