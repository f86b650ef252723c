import "dotenv/config";
import { app } from "./app.js";
import { db } from "./db.js";

const { PORT = 4000, LOG_LEVEL = "info" } = process.env;

const server = app.listen(PORT, () => {
  if (LOG_LEVEL !== "silent") console.log(`inventory listens on ${PORT}`);
});

process.on("SIGTERM", () => server.close(() => db.destroy()));
