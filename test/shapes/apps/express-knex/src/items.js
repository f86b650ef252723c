import { Router } from "express";
import { db } from "./db.js";

export const items = Router();

items.get("/", async (_req, res) => {
  res.json(await db("items").orderBy("id"));
});

items.post("/", async (req, res) => {
  const { name, quantity } = req.body;
  const [item] = await db("items").insert({ name, quantity }).returning("*");
  res.status(201).json(item);
});
