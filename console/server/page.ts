import { readFile } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import path from "node:path";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** The bundled page. Its files hold nothing secret; every other path is a view of it. */
export class Page {
  readonly #files = new Map<string, Buffer>();

  static async load(directory: string): Promise<Page> {
    const page = new Page();
    for (const name of ["index.html", "page.js", "page.css", "icon.svg"])
      page.#files.set(`/${name}`, await readFile(path.join(directory, name)));
    return page;
  }

  send(pathname: string, response: ServerResponse): void {
    const name = this.#files.has(pathname) ? pathname : "/index.html";
    response.writeHead(200, { "content-type": types[path.extname(name)] }).end(this.#files.get(name));
  }
}
