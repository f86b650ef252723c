// Served until the first release: passes health checks and says what to do.
const server = `
const page = "Waiting for the first release. Push to the repository to deploy it.\\n";
const server = require("node:http").createServer((request, response) => response.end(page));
server.keepAliveTimeout = 65000;
server.listen(process.env.PORT);
process.on("SIGTERM", () => { server.close(() => process.exit(0)); server.closeIdleConnections(); });
`;

export const placeholderCommand = ["node", "-e", server.trim().replaceAll("\n", " ")];
export const placeholderPort = 8080;
