// Where the package's files are, written so that bundlers find and copy them. Copied to dist as it is.

/** @returns {Worker} */
export function startWorker() {
  return new Worker(new URL("./worker.js", import.meta.url), { type: "module", name: "portrait" });
}
