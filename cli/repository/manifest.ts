import * as z from "zod";
import { UsageError } from "../errors.ts";
import { inFolder, type Repository } from "./repository.ts";

const texts = z.record(z.string(), z.string()).default({});

const schema = z.object({
  name: z.string().optional(),
  main: z.string().optional(),
  scripts: texts,
  dependencies: texts,
  devDependencies: texts,
  engines: z.object({ node: z.string().optional() }).optional(),
  volta: z.object({ node: z.string().optional() }).optional(),
  packageManager: z.string().optional(),
  workspaces: z
    .union([z.array(z.string()), z.object({ packages: z.array(z.string()) }).transform(({ packages }) => packages)])
    .default([]),
  prisma: z.object({ schema: z.string().optional() }).optional(),
});

export interface Manifest extends z.output<typeof schema> {
  /** Path of the package.json. */
  readonly file: string;
}

export function readManifest(repository: Repository, folder: string): Manifest | undefined {
  const file = inFolder(folder, "package.json");
  const text = repository.read(file);
  if (text === undefined) return undefined;
  try {
    return { ...schema.parse(JSON.parse(text)), file };
  } catch (error) {
    const problem = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    throw new UsageError(`${file} is not a valid package.json: ${problem}\nFix: correct the file.`, { cause: error });
  }
}

export function dependsOn({ dependencies, devDependencies }: Manifest, name: string): boolean {
  return Object.hasOwn(dependencies, name) || Object.hasOwn(devDependencies, name);
}
