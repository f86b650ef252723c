import { loadRecord, loadRecords, loadRelease } from "../../core/record.ts";
import type { Table } from "../../core/table.ts";

const maxImages = 10;

/**
 * Images whose pages may be open in browsers, the newest first: of the live release, which has the assets of those before it, and of
 * later ones that got traffic and were rolled back. The live one is the last.
 */
export async function earlierImages(table: Table): Promise<string[]> {
  const live = await loadRelease(table);
  if (!live) return [];
  const since = (await loadRecord(table, live.deployment))?.createdAt ?? live.deployedAt;
  const later = (await loadRecords(table))
    .filter(({ createdAt, shift }) => shift !== undefined && createdAt > since)
    .toSorted((a, b) => b.createdAt.localeCompare(a.createdAt))
    .flatMap(({ image }) => image?.digest ?? []);
  return [...new Set([...later, live.imageDigest])].slice(-maxImages);
}
