import { observe } from "../observation.ts";
import { inFolder } from "../repository.ts";
import { foldersWith } from "./folders.ts";
import type { FindMigrations } from "./migration-tool.ts";

const usualNames = /(^|\/)(migrations?|sql|db|database|ddl|schema)$/;
/** Files that hold more than the way up are another tool's: dbmate, goose, golang-migrate, postgrator. */
const otherTools = /^--\s*(migrate:(up|down)|\+goose)/im;
const otherNames = /\.(down|undo)\.sql$/i;

/** A folder of numbered SQL files. */
export const sql: FindMigrations = ({ repository, root }) => {
  const folders = [...foldersWith(repository, root, /^[Vv]?\d[\w.-]*\.sql$/)].toSorted(
    ([a], [b]) => Number(usualNames.test(b)) - Number(usualNames.test(a)) || a.length - b.length,
  );
  const [folder, names = []] = folders[0] ?? [];
  if (folder === undefined) return undefined;
  const texts = names.map((name) => repository.read(inFolder(inFolder(root, folder), name)) ?? "");
  if (names.some((name) => otherNames.test(name)) || texts.some((text) => otherTools.test(text))) return undefined;
  return observe({ tool: "sql", folder }, `${inFolder(root, folder)}/`, `${names.length} numbered SQL files`);
};
