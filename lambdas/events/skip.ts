import { matchesGlob } from "node:path";
import * as z from "zod/mini";
import { loadRelease } from "../core/record.ts";
import type { Table } from "../core/table.ts";
import type { Repository } from "../source/repository.ts";

interface SkipDeps {
  readonly table: Table;
  readonly repository: Repository;
  readonly settings: { readonly PATHS: string };
}

const globs = z.array(z.string());

/** Why a pushed commit is not deployed; undefined if it is. Compared with the live release, so that skipped pushes are deployed with the next one. */
export async function whySkipped(
  { table, repository, settings }: SkipDeps,
  commit: string,
): Promise<string | undefined> {
  const message = (await repository.commit(commit))?.message ?? "";
  if (/\[skip deploy\]/i.test(message)) return "The commit message contains [skip deploy].";
  const release = await loadRelease(table);
  const configured = z.parse(globs, JSON.parse(settings.PATHS));
  const patterns = configured.length > 0 ? configured : (release?.watchedPaths ?? []);
  if (!release || patterns.length === 0) return undefined;
  const { paths } = await repository.changes(release.commit, commit);
  if (paths === undefined || paths.some((path) => isMatched(patterns, path))) return undefined;
  return `No change since the live release (${release.commit.slice(0, 8)}) matches ${patterns.join(", ")}.`;
}

/** As in GitHub Actions: the last pattern that matches decides, `!` excludes, and `*` also matches names that begin with a dot. */
export function isMatched(patterns: readonly string[], path: string): boolean {
  const last = patterns.findLast((pattern) => matchesGlob(visible(path), visible(pattern.replace(/^!/, ""))));
  return last !== undefined && !last.startsWith("!");
}

/** matchesGlob lets `*` match no dot at the start of a name. */
const visible = (path: string) => path.replaceAll(/(?<=^|\/)\./g, "\u2024");
