import type { Repository } from "../../../../cli/repository/repository.ts";
import { readManifest } from "../../../../cli/repository/manifest.ts";
import { type Survey, surveyApp } from "../../../../cli/repository/survey.ts";

/** A repository in memory. */
export function repositoryOf(files: Readonly<Record<string, string | object | undefined>>): Repository {
  const texts = new Map(
    Object.entries(files)
      .filter(([, content]) => content !== undefined)
      .map(([file, content]) => [file, typeof content === "string" ? content : JSON.stringify(content, null, 2)]),
  );
  return {
    directory: "/app",
    files: [...texts.keys()],
    has: (file) => texts.has(file),
    read: (file) => texts.get(file),
  };
}

export function surveyOf(files: Readonly<Record<string, string | object | undefined>>, root = "."): Survey {
  const repository = repositoryOf({ "package.json": {}, ...files });
  const manifest = readManifest(repository, root);
  if (manifest === undefined) throw new Error(`${root} has no package.json`);
  return surveyApp(repository, root, manifest);
}
