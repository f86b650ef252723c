import { pool } from "../../../lib/db";

export async function POST(request: Request) {
  const { title } = await request.json();
  const { rows } = await pool.query("insert into incidents (title) values ($1) returning id", [title]);
  return Response.json(rows[0], { status: 201 });
}
