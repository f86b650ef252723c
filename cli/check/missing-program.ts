import type { Survey } from "../repository/survey.ts";

/** Packages whose program has another name. */
const packages: Readonly<Record<string, string>> = {
  nest: "@nestjs/cli",
  sequelize: "sequelize-cli",
  kysely: "kysely-ctl",
  "react-router-serve": "@react-router/serve",
  "remix-serve": "@remix-run/serve",
};

/** A program of a package that the image does not have: only `dependencies` are part of it. */
export function findMissingProgram(
  [program = ""]: readonly string[],
  { manifest }: Survey,
): { problem: string; fix: string } | undefined {
  const name = /^node_modules\/\.bin\/(.+)$/.exec(program)?.[1];
  if (name === undefined) return undefined;
  const packageName = packages[name] ?? name;
  if (Object.hasOwn(manifest.dependencies, packageName)) return undefined;
  if (Object.hasOwn(manifest.devDependencies, packageName))
    return {
      problem: `${packageName} is a devDependency, which the image does not have`,
      fix: `Fix: move ${packageName} to dependencies in ${manifest.file}.`,
    };
  return undefined;
}
