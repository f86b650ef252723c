import { STATUS_CODES, type ServerResponse } from "node:http";

/** Body of a response that the load balancer generates. */
export function errorPage(status: number): string {
  const title = `${status} ${STATUS_CODES[status] ?? ""}`;
  return `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n</body>\r\n</html>\r\n`;
}

/** For a connection whose request could not be parsed. */
export function rawResponse(status: number): string {
  const page = errorPage(status);
  const headers = ["Server: awselb/2.0", "Content-Type: text/html", `Content-Length: ${Buffer.byteLength(page)}`];
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${headers.join("\r\n")}\r\nConnection: close\r\n\r\n${page}`;
}

export function respond(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>> = {},
): void {
  const page = errorPage(status);
  response.writeHead(status, {
    server: "awselb/2.0",
    "content-type": "text/html",
    "content-length": Buffer.byteLength(page),
    ...headers,
  });
  response.end(page);
}
