import { PrismaPg } from "@prisma/adapter-pg";
import express from "express";
import { PrismaClient } from "./generated/client.js";

const port = process.env.PORT || 3000;
const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: process.env.DATABASE_URL }) });
const app = express();

app.use(express.json());

app.get("/health", async (_request, response) => {
  await prisma.$queryRaw`SELECT 1`;
  response.sendStatus(200);
});

app.get("/recipes", async (_request, response) => {
  response.json(await prisma.recipe.findMany({ orderBy: { id: "asc" } }));
});

app.post("/recipes", async (request, response) => {
  const { title, steps } = request.body;
  response.status(201).json(await prisma.recipe.create({ data: { title, steps } }));
});

app.listen(port, () => console.log(`Recipes on port ${port}`));
