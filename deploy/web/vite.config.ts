// The package: dist/index.js for pages, dist/worker.js, and the files that these load.
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { defineConfig, type Plugin } from "vite";

const RUNTIME = "node_modules/onnxruntime-web";
/** Written as bundlers look for it, so it must not be bundled here. */
const PLACES = { "./place.js": "src/place.js", "./files.js": "src/worker/files.js" };

/** Puts beside the code what is loaded as files, and the licences of what is bundled. */
function files(): Plugin {
  return {
    name: "files",
    enforce: "pre",
    resolveId: (id) => (id in PLACES ? { id, external: true } : undefined),
    closeBundle() {
      for (const source of Object.values(PLACES)) copyFileSync(source, `dist/${source.split("/").pop()}`);
      copyFileSync("model/portrait.onnx", "dist/portrait.onnx");
      for (const build of ["", ".jspi"]) {
        for (const kind of ["mjs", "wasm"]) {
          const name = `ort-wasm-simd-threaded${build}.${kind}`;
          copyFileSync(`${RUNTIME}/dist/${name}`, `dist/${name}`);
        }
      }
      const { version, license } = JSON.parse(readFileSync(`${RUNTIME}/package.json`, "utf8"));
      writeFileSync(
        "dist/THIRD_PARTY.txt",
        `onnxruntime-web ${version} (${license})\n\n${readFileSync("licences/onnxruntime.txt", "utf8")}`,
      );
    },
  };
}

export default defineConfig({
  publicDir: false,
  plugins: [files()],
  resolve: { conditions: ["onnxruntime-web-use-extern-wasm", "browser", "module", "import", "default"] },
  build: {
    target: "es2022",
    lib: { entry: { index: "src/index.ts", worker: "src/worker/worker.ts" }, formats: ["es"] },
    sourcemap: true,
  },
});
