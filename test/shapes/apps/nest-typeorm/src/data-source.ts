import path from "node:path";
import { DataSource, type DataSourceOptions } from "typeorm";
import { Booking } from "./booking.entity.js";

export const options: DataSourceOptions = {
  type: "postgres",
  host: process.env.DB_HOST,
  port: Number(process.env.DB_PORT ?? 5432),
  username: process.env.DB_USERNAME,
  password: process.env.DB_PASSWORD,
  database: process.env.DB_NAME,
  ssl: process.env.DB_SSL === "true",
  entities: [Booking],
  migrations: [path.join(import.meta.dirname, "migrations", "*.js")],
};

export default new DataSource(options);
