import express from "express";
import { db } from "./db.js";
import { items } from "./items.js";

export const app = express();

app.use(express.json());
app.use("/items", items);

app.get("/status", async (_req, res) => {
  await db.raw("select 1");
  res.json({ ok: true });
});
