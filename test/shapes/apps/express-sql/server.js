const express = require("express");
const db = require("./db");

const app = express();
app.use(express.urlencoded({ extended: false }));

app.get("/healthz", async (req, res) => {
  await db.query("select 1");
  res.send("ok");
});

app.get("/", async (req, res) => {
  const { rows } = await db.query("select name, message from entries order by id desc limit 50");
  const entries = rows.map(({ name, message }) => `<li><b>${escape(name)}</b>: ${escape(message)}</li>`);
  res.send(`<!doctype html>
<title>Guestbook</title>
<h1>Guestbook</h1>
<form method="post" action="/entries">
  <input name="name" placeholder="Your name" required> <input name="message" placeholder="Message" required>
  <button>Sign</button>
</form>
<ul>${entries.join("")}</ul>`);
});

app.post("/entries", async (req, res) => {
  await db.query("insert into entries (name, message) values ($1, $2)", [req.body.name, req.body.message]);
  res.redirect(303, "/");
});

app.listen(3000, () => {
  console.log("Guestbook is listening on port 3000");
});

function escape(text) {
  return String(text).replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
