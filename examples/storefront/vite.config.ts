import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** `vite build` makes the browser's half in dist/client, `vite build --ssr` the server's in dist/. */
export default defineConfig(({ command, isSsrBuild }) => ({
  plugins: [react()],
  ...(command === "build" ? bundling : {}),
  build: isSsrBuild ? serverBuild : clientBuild,
}));

const bundling = {
  // Into the server's bundle as well: node_modules in production holds nothing but Express, sessions and the driver.
  ssr: { noExternal: ["drizzle-orm", "react", "react-dom", "zod"] },
  // React picks its production half by this name. The server's own configuration reads process.env as a whole.
  define: { "process.env.NODE_ENV": JSON.stringify("production") },
};

const serverBuild = {
  outDir: "dist",
  emptyOutDir: false,
  copyPublicDir: false,
  sourcemap: true,
  rollupOptions: {
    input: { server: "src/server/server.ts", migrate: "src/server/migrate.ts" },
    output: { entryFileNames: "[name].js", chunkFileNames: "chunks/[name].js" },
  },
};

const clientBuild = {
  outDir: "dist/client",
  sourcemap: true,
  rollupOptions: {
    // No hash in the names: while two releases serve side by side, either can answer for the other's page.
    output: { entryFileNames: "assets/[name].js", assetFileNames: "assets/[name][extname]" },
  },
};
