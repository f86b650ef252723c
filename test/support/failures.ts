import { allScenarios } from "./all-scenarios.ts";

/** The server of an app that answers everything. */
export const healthy = (text: string) => `import { createServer } from "node:http";
const server = createServer((request, response) => {
  response.setHeader("x-release", process.env.RELEASE);
  response.end(${JSON.stringify(text)});
});
server.keepAliveTimeout = 65_000;
server.listen(Number(process.env.PORT), process.env.HOST);
process.on("SIGTERM", () => { server.close(() => process.exit(0)); server.closeIdleConnections(); });
`;

export const manifest = (scripts: Record<string, string>) => ({
  "package.json": JSON.stringify({
    name: "tiny-app",
    version: "1.0.0",
    private: true,
    type: "module",
    scripts: { build: "mkdir -p dist && cp src/*.js dist/", ...scripts },
  }),
});

/** A commit whose deployment fails. */
interface Failure {
  files: Record<string, string>;
  step: string;
  error: string;
  /** What the first five lines of the cause must say. */
  says: string;
  /** Text that the cause must contain. */
  causeIncludes: (string | RegExp)[];
}

const shortFailures: Record<string, Failure> = {
  "a commit that does not build": {
    files: manifest({ build: "echo compiling the shop; echo 'src/server.js: unexpected token' >&2; exit 3" }),
    step: "Build",
    error: "BuildFailed",
    says: "src/server.js: unexpected token",
    causeIncludes: ["npm run build", "src/server.js: unexpected token", "/aws/codebuild/storefront-production"],
  },
  "tests that fail": {
    files: manifest({ test: "echo 'price.test: expected 3 to be 4'; exit 1" }),
    step: "Build",
    error: "BuildFailed",
    says: "price.test: expected 3 to be 4",
    causeIncludes: ["npm run test", "price.test: expected 3 to be 4"],
  },
  "a missing variable that .env.example names": {
    files: { ".env.example": "SESSION_SECRET=x\nPAYMENT_KEY=pk_test\n" },
    step: "Build",
    error: "ConfigMissing",
    says: "The app requires PAYMENT_KEY",
    causeIncludes: ["PAYMENT_KEY", "storefront-production/app"],
  },
  "an app that crashes at start": {
    files: { "src/server.js": "console.log('opening the shop'); throw new Error('the till is missing');\n" },
    step: "Shift traffic",
    error: "ShiftFailed",
    says: "The new release crashed: Error: the till is missing (dist/server.js:1:40)",
    causeIncludes: ["exited with code 1; Essential container in task exited", "/ecs/storefront-production"],
  },
};

const shift = { step: "Shift traffic", error: "ShiftFailed", causeIncludes: [] };
const serverWith = (change: (source: string) => string) => ({ "src/server.js": change(healthy("ready")) });

const longFailures: Record<string, Failure> = {
  "an app that answers 500 on its health path": {
    files: {
      "src/server.js": healthy("broken").replace("response.end(", "response.statusCode = 500; response.end("),
    },
    step: "Shift traffic",
    error: "ShiftFailed",
    says: "GET /health answered 500, expected 200: broken",
    causeIncludes: [/A task has answered so for \d+ seconds, a quarter of `app.startSeconds`/],
  },
  "an app that listens on another port than PORT": {
    ...shift,
    files: serverWith((source) =>
      source.replace(/server.listen.*/, 'server.listen(3999, () => console.log("listening on 3999"));'),
    ),
    says: 'its log says "listening on 3999"',
    causeIncludes: [/^The app listens on 3999, but PORT is \d+: its log says/],
  },
  "an app that listens on 127.0.0.1 only": {
    ...shift,
    files: serverWith((source) =>
      source.replace(
        /server.listen.*/,
        'server.listen(process.env.PORT, "127.0.0.1", () => console.log(`http://127.0.0.1:${process.env.PORT} is ready`));',
      ),
    ),
    says: "The app listens on 127.0.0.1 only, where the load balancer cannot reach it: its log says",
  },
  "an app whose health path redirects": {
    ...shift,
    files: serverWith((source) =>
      source.replace("response.end(", 'response.writeHead(302, { location: "/login?next=/health" }).end('),
    ),
    says: "GET /health answered 302 → /login, expected 200",
  },
  "an app that needs a package which the image does not have": {
    ...shift,
    files: { "src/server.js": 'import "left-behind";\n' },
    says: "Cannot find package 'left-behind'",
    causeIncludes: ["move the package from devDependencies to dependencies"],
  },
  "an app whose build does not write its start file": {
    step: "Build",
    error: "BuildFailed",
    files: manifest({ build: "mkdir -p dist && cp src/server.js dist/main.js" }),
    says: "the build did not create dist/server.js",
    causeIncludes: ["Fix: correct app.start in lockstep.config.ts"],
  },
  "an app that does not survive its start": {
    ...shift,
    files: { "src/server.js": 'console.log("starting"); process.exit(3);\n' },
    says: "container app exited with code 3; Essential container in task exited",
  },
};

/** `npm test` leaves out those that wait for a health check to fail. */
export const failures = { ...shortFailures, ...(allScenarios && longFailures) };
