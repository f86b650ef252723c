/** The PostgreSQL process without which no backup starts: while it is suspended, a snapshot never completes. */
export async function checkpointer(query: (sql: string) => Promise<{ rows: { pid: number }[] }>) {
  const { rows } = await query("select pid from pg_stat_activity where backend_type = 'checkpointer'");
  const pid = rows[0]?.pid;
  if (pid === undefined) throw new Error("The database has no checkpointer");
  return {
    suspend: () => process.kill(pid, "SIGSTOP"),
    resume: () => process.kill(pid, "SIGCONT"),
  };
}
