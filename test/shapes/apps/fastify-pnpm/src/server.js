import { build } from "./app.js";

const app = build({ logger: true });

await app.listen({ port: Number(process.env.PORT ?? 3000), host: process.env.HOST ?? "0.0.0.0" });

for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => app.close());
