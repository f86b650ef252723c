import { pool } from "../../../lib/db";

export async function POST(request: Request) {
  const { body } = await request.json();
  const { rows } = await pool.query("insert into notes (body) values ($1) returning id", [body]);
  return Response.json(rows[0], { status: 201 });
}
