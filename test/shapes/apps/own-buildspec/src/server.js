import Koa from "koa";
import bodyParser from "koa-bodyparser";
import postgres from "postgres";
import { readFileSync } from "node:fs";

const sql = postgres(process.env.DATABASE_URL);
const version = readFileSync("build/version.txt", "utf8").trim();
const app = new Koa();

app.use(bodyParser());
app.use(async (context) => {
  switch (`${context.method} ${context.path}`) {
    case "GET /healthz":
      await sql`select 1`;
      context.body = { status: "ok", version };
      break;
    case "GET /":
      context.body = await sql`select id, text from feedback order by id`;
      break;
    case "POST /":
      [context.body] = await sql`insert into feedback ${sql({ text: context.request.body.text })} returning id, text`;
      context.status = 201;
      break;
  }
});

app.listen(process.env.PORT || 3000);
