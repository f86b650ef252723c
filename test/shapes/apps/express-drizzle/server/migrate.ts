import { migrate } from "drizzle-orm/node-postgres/migrator";
import { db } from "./db.js";

await migrate(db, { migrationsFolder: "drizzle" });
console.log("All migrations are applied");
await db.$client.end();
