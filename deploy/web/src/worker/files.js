// Where the worker's files are, written so that bundlers find and copy them. Copied to dist as it is.
export const files = {
  model: new URL("./portrait.onnx", import.meta.url).href,
  wasm: {
    mjs: new URL("./ort-wasm-simd-threaded.mjs", import.meta.url).href,
    wasm: new URL("./ort-wasm-simd-threaded.wasm", import.meta.url).href,
  },
  webgpu: {
    mjs: new URL("./ort-wasm-simd-threaded.jspi.mjs", import.meta.url).href,
    wasm: new URL("./ort-wasm-simd-threaded.jspi.wasm", import.meta.url).href,
  },
};
