import { isQuestion } from "./question.js";

export async function polls(app) {
  app.get("/", async () => {
    const { rows } = await app.pg.query("select id, question, votes from polls order by id");
    return rows;
  });

  app.post("/", async (request, reply) => {
    const { question } = request.body;
    if (!isQuestion(question)) return reply.code(400).send({ message: "A question ends with a question mark" });
    const { rows } = await app.pg.query("insert into polls (question) values ($1) returning *", [question]);
    return reply.code(201).send(rows[0]);
  });

  app.post("/:id/votes", async (request, reply) => {
    const { rowCount } = await app.pg.query("update polls set votes = votes + 1 where id = $1", [request.params.id]);
    return reply.code(rowCount === 1 ? 204 : 404).send();
  });
}
