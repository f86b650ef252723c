import { Client } from "pg";
import { admin } from "./configuration.ts";

export interface AdminAccess {
  port: number;
  password: string;
  authority: string;
}

/** A connection as RDS's own user; it ends with `work`. */
export async function asAdmin<R>(access: AdminAccess, work: (client: Client) => Promise<R>): Promise<R> {
  const client = new Client({
    host: "127.0.0.1",
    port: access.port,
    user: admin.user,
    password: access.password,
    database: admin.database,
    ssl: { ca: access.authority },
    connectionTimeoutMillis: 10_000,
    application_name: "rdsadmin",
  });
  // A server that exits also fails the pending query; without a listener the error would end this process.
  client.on("error", () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
