import { integer, pgTable, text, timestamp } from "drizzle-orm/pg-core";

export const books = pgTable("books", {
  id: integer().primaryKey().generatedAlwaysAsIdentity(),
  title: text().notNull(),
  addedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
});
