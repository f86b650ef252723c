import { revalidatePath } from "next/cache";
import { pool } from "../lib/db";

export const dynamic = "force-dynamic";

async function add(form: FormData) {
  "use server";
  await pool.query("insert into notes (body) values ($1)", [form.get("body")]);
  revalidatePath("/");
}

export default async function Page() {
  const { rows } = await pool.query<{ id: number; body: string }>("select id, body from notes order by id desc");
  return (
    <main>
      <h1>{process.env.NEXT_PUBLIC_TEAM ?? "Team"} notes</h1>
      <form action={add}>
        <input name="body" required /> <button>Add</button>
      </form>
      <ul>
        {rows.map(({ id, body }) => (
          <li key={id}>{body}</li>
        ))}
      </ul>
    </main>
  );
}
