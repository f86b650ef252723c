import { revalidatePath } from "next/cache";
import { pool } from "../lib/db";

export const dynamic = "force-dynamic";

async function report(form: FormData) {
  "use server";
  await pool.query("insert into incidents (title) values ($1)", [form.get("title")]);
  revalidatePath("/");
}

export default async function Page() {
  const { rows } = await pool.query<{ id: number; title: string }>("select id, title from incidents order by id desc");
  return (
    <main>
      <h1>{rows.length === 0 ? "All systems operational" : "Incidents"}</h1>
      <ul>
        {rows.map(({ id, title }) => (
          <li key={id}>{title}</li>
        ))}
      </ul>
      <form action={report}>
        <input name="title" required /> <button>Report</button>
      </form>
    </main>
  );
}
