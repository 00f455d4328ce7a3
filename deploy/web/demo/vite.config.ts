// The demo as static files in demo-dist; they work from any folder of any server.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { defineConfig, type Plugin } from "vite";

/** Threads need a page that is isolated from other origins. */
const HEADERS = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

/** Writes the service worker, which has to know what there is. */
function serviceWorker(): Plugin {
  return {
    name: "service-worker",
    apply: "build",
    generateBundle: {
      order: "post",
      handler(_, bundle) {
        // The build for WebGPU is fetched where it is used, and kept by the browser.
        const names = Object.keys(bundle).filter((name) => !name.endsWith(".map") && !name.includes("jspi"));
        const hash = createHash("sha256");
        for (const name of names) {
          const file = bundle[name];
          hash.update(name).update(file.type === "asset" ? file.source : file.code);
        }
        const version = JSON.stringify(hash.digest("hex").slice(0, 12));
        const files = JSON.stringify(["./", ...names.map((name) => `./${name}`)]);
        const text = readFileSync(new URL("service_worker.js", import.meta.url), "utf8");
        const source = `const VERSION = ${version};\nconst FILES = ${files};\n${text}`;
        this.emitFile({ type: "asset", fileName: "sw.js", source });
      },
    },
  };
}

export default defineConfig({
  root: new URL(".", import.meta.url).pathname,
  base: "./",
  plugins: [serviceWorker()],
  resolve: { alias: { "@paddleseg/portrait": new URL("../dist/index.js", import.meta.url).pathname } },
  worker: { format: "es" },
  build: { outDir: "../demo-dist", emptyOutDir: true, target: "es2022", assetsInlineLimit: 0 },
  server: { headers: HEADERS },
  preview: { headers: HEADERS },
});
