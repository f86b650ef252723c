import type { IndexStmt, Node, RangeVar, ReindexStmt, VacuumStmt } from "libpg-query";
import { nameOf, qualified } from "./names.ts";
import type { Hit, RuleName } from "./rules.ts";

export const one = (rule: RuleName, does: string, relation: RangeVar | undefined): Hit[] => {
  const name = nameOf(relation);
  return [{ rule, what: `${does} ${name}`, relation: name }];
};

export function each(rule: RuleName, does: string, nodes: readonly Node[] = []): Hit[] {
  return nodes.flatMap((node) => ("RangeVar" in node ? one(rule, does, node.RangeVar) : []));
}

export function createIndex({ idxname, relation, concurrent = false }: IndexStmt): Hit[] {
  const table = nameOf(relation);
  const index = idxname && qualified(relation?.schemaname ? [relation.schemaname, idxname] : [idxname]);
  const what = index ? `builds index ${index} on ${table}` : `builds index on ${table}`;
  if (!concurrent) return [{ rule: "create-index", what, relation: table }];
  return [{ rule: "concurrent-index", what, ...(index && { relation: index }) }];
}

export function vacuum({ options = [], rels = [], is_vacuumcmd: isVacuum = false }: VacuumStmt): Hit[] {
  if (!isVacuum || !options.some((node) => "DefElem" in node && node.DefElem.defname === "full")) return [];
  if (rels.length === 0) return [{ rule: "rewrite-table", what: "rewrites every table" }];
  return rels.flatMap((node) =>
    "VacuumRelation" in node ? one("rewrite-table", "rewrites", node.VacuumRelation.relation) : [],
  );
}

export function cluster(relation: RangeVar | undefined): Hit[] {
  return relation
    ? one("rewrite-table", "clusters", relation)
    : [{ rule: "rewrite-table", what: "clusters every table" }];
}

export function reindex({ relation, params = [], name }: ReindexStmt): Hit[] {
  if (params.some((node) => "DefElem" in node && node.DefElem.defname === "concurrently")) return [];
  return relation
    ? one("reindex", "reindexes", relation)
    : [{ rule: "reindex", what: `reindexes all of ${name ?? "the database"}` }];
}
