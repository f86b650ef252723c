/**
 * `destructive`: the release that still serves breaks, or data is lost. `locking`: harmless on a small table, an outage on a large one;
 * whether it is large only the database knows. `note`: for the reader of the build's log, and for those who look for what is left of it.
 */
export type FindingKind = "destructive" | "locking" | "note";

interface Rule {
  readonly kind: FindingKind;
  readonly why: string;
  readonly instead: string;
}

const olderCode = "the release that still serves uses it while the new one starts";
const laterRelease = "Deploy code that does not use it first, and do this with a later release.";
const copy = "Add a new one, fill and read both from the code, and drop the old one with a later release.";
const rewrites = "every row is written anew while nobody can read or write the table";
const scans = "the whole table is read while nobody can write to it";
const inSteps = "Add the column without it, fill it in batches, and add the rest with a later migration.";

/** What a statement of a migration can do to the release that serves meanwhile. */
export const rules = {
  "drop-table": { kind: "destructive", why: `its rows are gone, and ${olderCode}`, instead: laterRelease },
  "drop-column": { kind: "destructive", why: `its values are gone, and ${olderCode}`, instead: laterRelease },
  "drop-object": { kind: "destructive", why: olderCode, instead: laterRelease },
  "drop-constraint": {
    kind: "destructive",
    why: "an upsert of the release that still serves may name it (ON CONFLICT), and what it kept out can come in",
    instead: laterRelease,
  },
  "rename-table": { kind: "destructive", why: olderCode, instead: copy },
  "rename-column": { kind: "destructive", why: olderCode, instead: copy },
  "rename-object": { kind: "destructive", why: olderCode, instead: copy },
  "change-type": {
    kind: "destructive",
    why: "the release that still serves writes the old type, and every row may be written anew under a lock",
    instead: copy,
  },
  "set-not-null": {
    kind: "destructive",
    why: "the release that still serves may write nulls, and the whole table is read under a lock",
    instead:
      "Deploy code that always writes it first; then ADD CHECK (… IS NOT NULL) NOT VALID, VALIDATE, SET NOT NULL.",
  },
  "required-column": {
    kind: "destructive",
    why: "it fails on a table with rows, and the release that still serves does not write it",
    instead: "Give it a DEFAULT, or add it without NOT NULL.",
  },
  truncate: { kind: "destructive", why: "all rows are gone", instead: "Do it by hand, after a snapshot." },
  "delete-all": { kind: "destructive", why: "all rows are gone", instead: "Say which rows (WHERE)." },
  "update-all": {
    kind: "locking",
    why: "all rows stay locked until the migration ends, and the table doubles",
    instead: "Fill it in batches, from a job of the app.",
  },
  "create-index": {
    kind: "locking",
    why: "nobody can write to the table while the index is built",
    instead: "CREATE INDEX CONCURRENTLY, in a migration that runs outside of a transaction.",
  },
  "drop-index": {
    kind: "locking",
    why: "nobody can read or write the table until the migration ends",
    instead: "DROP INDEX CONCURRENTLY, in a migration that runs outside of a transaction.",
  },
  reindex: { kind: "locking", why: "nobody can write to the table meanwhile", instead: "REINDEX … CONCURRENTLY." },
  "volatile-default": { kind: "locking", why: rewrites, instead: inSteps },
  "generated-column": { kind: "locking", why: rewrites, instead: inSteps },
  "rewrite-table": { kind: "locking", why: rewrites, instead: "Do it in a maintenance window." },
  "add-foreign-key": {
    kind: "locking",
    why: "both tables cannot be written to while all rows are checked",
    instead: "Add it NOT VALID, and VALIDATE CONSTRAINT in a later migration.",
  },
  "add-check": {
    kind: "locking",
    why: scans,
    instead: "Add it NOT VALID, and VALIDATE CONSTRAINT in a later migration.",
  },
  "add-unique": {
    kind: "locking",
    why: "nobody can read or write the table while its index is built",
    instead: "CREATE UNIQUE INDEX CONCURRENTLY first, then ADD CONSTRAINT … USING INDEX.",
  },
  "attach-partition": {
    kind: "locking",
    why: scans,
    instead: "Add a CHECK of the partition's bounds to it first (NOT VALID, then VALIDATE).",
  },
  "lock-table": { kind: "locking", why: "the app waits until the migration ends", instead: "Leave it out." },
  "refresh-view": {
    kind: "locking",
    why: "nobody can read the view meanwhile",
    instead: "REFRESH MATERIALIZED VIEW CONCURRENTLY.",
  },
  "concurrent-index": {
    kind: "note",
    why: "it runs outside of a transaction, and leaves an invalid index behind when it fails",
    instead: "Give it a name, so that what is left of it is found.",
  },
  "enum-value": {
    kind: "note",
    why: "the new value cannot be used in the transaction that adds it",
    instead: "Use it in a later migration.",
  },
} as const satisfies Record<string, Rule>;

export type RuleName = keyof typeof rules;
