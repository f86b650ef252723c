import { invalidValue } from "./faults.ts";

/** Parameters of a DB parameter group that are given to PostgreSQL; a wrong value is found when a server starts with it. */
const applied = new Set([
  "autovacuum",
  "checkpoint_timeout",
  "deadlock_timeout",
  "default_transaction_isolation",
  "idle_in_transaction_session_timeout",
  "idle_session_timeout",
  "lock_timeout",
  "log_autovacuum_min_duration",
  "log_connections",
  "log_disconnections",
  "log_lock_waits",
  "log_min_duration_statement",
  "log_statement",
  "log_temp_files",
  "maintenance_work_mem",
  "max_connections",
  "random_page_cost",
  "search_path",
  "statement_timeout",
  "timezone",
  "work_mem",
]);

export function parseParameters(parameters: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(parameters).filter(([name, value]) => !isForcedTls(name, value));
  for (const [name, value] of entries) {
    if (!applied.has(name))
      throw invalidValue(`Parameter ${name} is not applied by the local cloud; it applies ${[...applied].join(", ")}.`);
    if (!/^[\w .,"$+-]*$/.test(value)) throw invalidValue(`Value "${value}" of parameter ${name} is not valid.`);
  }
  return Object.fromEntries(entries);
}

function isForcedTls(name: string, value: string): boolean {
  if (name !== "rds.force_ssl") return false;
  if (value !== "1")
    throw invalidValue(`rds.force_ssl = ${value}: the local cloud accepts TLS only, as RDS does by default.`);
  return true;
}
