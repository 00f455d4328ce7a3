// `node scripts/serve.mjs FOLDER [PORT]`: a folder as static files, isolated so that WebAssembly may have threads.
import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const TYPES = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".jpg": "image/jpeg",
  ".js": "text/javascript",
  ".json": "application/json",
  ".mjs": "text/javascript",
  ".png": "image/png",
  ".wasm": "application/wasm",
};
const ISOLATED = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

/** @param {string} folder @param {{ port?: number, isolated?: boolean }} options */
export function serve(folder, { port = 0, isolated = true } = {}) {
  const root = resolve(folder);
  const server = createServer((request, answer) => {
    let file = normalize(join(root, decodeURIComponent(new URL(request.url, "http://x").pathname)));
    if (existsSync(file) && statSync(file).isDirectory()) file = join(file, "index.html");
    if (relative(root, file).startsWith("..") || !existsSync(file)) {
      answer.writeHead(404).end();
      return;
    }
    answer.writeHead(200, {
      "Content-Type": TYPES[extname(file)] ?? "application/octet-stream",
      ...(isolated ? ISOLATED : {}),
    });
    createReadStream(file).pipe(answer);
  });
  return new Promise((done) => {
    server.listen(port, "127.0.0.1", () =>
      done({ address: `http://127.0.0.1:${server.address().port}`, close: () => server.close() }),
    );
  });
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [folder = "demo-dist", port = "8080"] = process.argv.slice(2);
  console.log((await serve(folder, { port: Number(port) })).address);
}
