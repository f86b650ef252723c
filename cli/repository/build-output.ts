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

/** The compiler's settings that include every TypeScript file of the app's folder but those that they exclude by name. */
export function compilesAllBut(repository: Repository, root: string, name: string): string | undefined {
  const files = settingsOf(repository, root);
  const properties = files.flatMap(({ properties: all }) => all);
  const has = (...keys: string[]) => properties.some(({ key }) => keys.includes(key));
  const excludes = properties.some(
    ({ key, values }) => key === "exclude" && values.some((each) => each.includes(name)),
  );
  return has("outDir") && !has("include", "files") && !excludes ? files[0]?.file : undefined;
}

function settingsOf(repository: Repository, root: string) {
  return repository.files
    .filter((file) => path.posix.dirname(file) === root && /(^|\/)tsconfig[\w.-]*\.json$/.test(file))
    .toSorted((a, b) => b.length - a.length)
    .map((file) => ({ file, properties: propertiesIn("tsconfig.ts", `(${repository.read(file) ?? "{}"})`) }));
}

function compilers(repository: Repository, root: string) {
  return settingsOf(repository, root).flatMap(({ properties }) => {
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
