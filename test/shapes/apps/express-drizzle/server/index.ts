import express from "express";
import { sql } from "drizzle-orm";
import { db } from "./db.js";
import { books } from "./schema.js";

const app = express();
const port = Number(process.env.PORT) || 8080;

app.use(express.json());
app.use(express.static("dist/client"));

app.get("/health", async (_request, response) => {
  await db.execute(sql`select 1`);
  response.json({ status: "ok" });
});

app.get("/api/books", async (_request, response) => {
  response.json(await db.select().from(books).orderBy(books.id));
});

app.post("/api/books", async (request, response) => {
  const [book] = await db.insert(books).values({ title: request.body.title }).returning();
  response.status(201).json(book);
});

app.listen(port, () => console.log(`http://localhost:${port}`));
