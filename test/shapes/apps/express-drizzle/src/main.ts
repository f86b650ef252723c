interface Book {
  id: number;
  title: string;
}

const list = document.querySelector<HTMLUListElement>("#books");
const form = document.querySelector<HTMLFormElement>("#form");
const title = document.querySelector<HTMLInputElement>("#title");

async function show(): Promise<void> {
  const books: Book[] = await (await fetch("/api/books")).json();
  list?.replaceChildren(
    ...books.map((book) => Object.assign(document.createElement("li"), { textContent: book.title })),
  );
}

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const body = JSON.stringify({ title: title?.value });
  await fetch("/api/books", { method: "POST", headers: { "content-type": "application/json" }, body });
  form.reset();
  await show();
});

void show();
