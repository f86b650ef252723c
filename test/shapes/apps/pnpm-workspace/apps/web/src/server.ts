import { isDay, type Meeting } from "@calendar/shared";
import express from "express";
import pg from "pg";

const pool = new pg.Pool(); // PGHOST, PGUSER, …
const app = express();

app.use(express.json());

app.get("/health", (_request, response, next) => {
  pool.query("select 1").then(() => response.send("ok"), next);
});

app.get("/", async (_request, response) => {
  const { rows } = await pool.query<Meeting>("select id, title, day::text from meetings order by day, id");
  response.json(rows);
});

app.post("/", async (request, response) => {
  const { title, day } = request.body;
  if (!isDay(day)) {
    response.status(400).json({ error: "day must be a date" });
    return;
  }
  const { rows } = await pool.query("insert into meetings (title, day) values ($1, $2) returning id", [title, day]);
  response.status(201).json(rows[0]);
});

const server = app.listen(process.env.PORT ?? 3000);

process.once("SIGTERM", () => server.close());
