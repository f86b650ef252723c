import type { View } from "../model.ts";

/** Puts a rendered page, and the data it was rendered from, into the built index.html. */
export function fillShell(shell: string, view: View, body: string): string {
  const values: Readonly<Record<string, string>> = {
    title: escapeHtml(view.storeName),
    release: escapeHtml(view.release),
    app: body,
    // Inside a script element only "<" could end it.
    view: JSON.stringify(view).replaceAll("<", "\\u003c"),
  };
  return shell.replace(/<!--(\w+)-->/g, (comment, name: string) => values[name] ?? comment);
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}
