/** Finds the process without which PostgreSQL begins no backup: while it is stopped, a snapshot never ends. */
export async function checkpointer(query: (sql: string) => Promise<{ rows: { pid: number }[] }>) {
  const { rows } = await query("select pid from pg_stat_activity where backend_type = 'checkpointer'");
  const pid = rows[0]?.pid;
  if (pid === undefined) throw new Error("The database has no checkpointer");
  return {
    stop: () => process.kill(pid, "SIGSTOP"),
    goOn: () => process.kill(pid, "SIGCONT"),
  };
}
