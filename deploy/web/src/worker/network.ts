import type { InferenceSession, Tensor } from "onnxruntime-web/wasm";
import type { Card } from "../card";
import { PortraitError } from "../errors";
import type { Network } from "../mask/masks";

/** What runs the network. */
export type Runtime = "wasm" | "webgpu";

/** Where the runtime's and the model's files are. */
export interface Files {
  /** The graph. */
  model: string;
  wasm: { mjs: string; wasm: string };
  webgpu: { mjs: string; wasm: string };
}

/** The part of ONNX Runtime that is used. */
interface Ort {
  env: { wasm: { wasmPaths?: unknown; numThreads?: number }; logLevel?: string };
  InferenceSession: { create(graph: Uint8Array, options: InferenceSession.SessionOptions): Promise<InferenceSession> };
  Tensor: new (type: "float32", data: Float32Array, dims: number[]) => Tensor;
}

/** How the network is run. */
export interface Chosen {
  network: Network;
  runtime: Runtime;
  threads: number;
  release(): Promise<void>;
}

/**
 * Opens the network.
 *
 * @param runtime - "auto" takes the graphics processor where there is one that is not a processor in disguise.
 * @param threads - Threads of the processor; 0 takes up to four where the page may share memory between threads.
 */
export async function openNetwork(
  card: Card,
  files: Files,
  runtime: Runtime | "auto",
  threads: number,
): Promise<Chosen> {
  const graph = await loaded(files.model, card);
  if (runtime === "webgpu" || (runtime === "auto" && (await hasGpu()))) {
    try {
      return await open(await gpuRuntime(), "webgpu", files.webgpu, graph, 1);
    } catch (error) {
      if (runtime === "webgpu") throw error;
    }
  }
  if (!WebAssembly.validate(SIMD)) {
    throw new PortraitError("no-wasm-simd", "this browser runs no WebAssembly SIMD", "use one from 2021 or later");
  }
  const most = globalThis.crossOriginIsolated ? threads || Math.min(navigator.hardwareConcurrency || 1, 4) : 1;
  return open((await import("onnxruntime-web/wasm")) as unknown as Ort, "wasm", files.wasm, graph, most);
}

/** A module of one function that uses a 128-bit vector. */
const SIMD = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11],
);

interface Gpu {
  requestAdapter(): Promise<{ info?: { isFallbackAdapter?: boolean } } | null>;
}

function gpu(): Gpu | undefined {
  // The runtime's build for WebGPU waits for it by JavaScript promise integration.
  return "Suspending" in WebAssembly ? (navigator as { gpu?: Gpu }).gpu : undefined;
}

async function hasGpu(): Promise<boolean> {
  const adapter = await gpu()
    ?.requestAdapter()
    .catch(() => null);
  return Boolean(adapter && !adapter.info?.isFallbackAdapter);
}

async function gpuRuntime(): Promise<Ort> {
  if (
    !(await gpu()
      ?.requestAdapter()
      .catch(() => null))
  ) {
    throw new PortraitError("no-webgpu", "this browser offers no WebGPU", 'leave `runtime` out, or say "wasm"');
  }
  return (await import("onnxruntime-web/jspi")) as unknown as Ort;
}

async function open(
  ort: Ort,
  runtime: Runtime,
  paths: { mjs: string; wasm: string },
  graph: Uint8Array,
  threads: number,
): Promise<Chosen> {
  ort.env.wasm.wasmPaths = paths;
  ort.env.wasm.numThreads = threads;
  ort.env.logLevel = "error";
  let session: InferenceSession;
  try {
    session = await ort.InferenceSession.create(graph, {
      executionProviders: [runtime],
      graphOptimizationLevel: "all",
      logSeverityLevel: 3,
    });
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    if (/fetch|import|load/i.test(what)) throw missing(paths.wasm, what);
    throw new PortraitError("model-damaged", `the model cannot be read (${what})`, "build the package again");
  }
  const [name] = session.inputNames;
  const [output] = session.outputNames;
  const network: Network = async ({ tensor, width, height }) => {
    const found = await session.run({ [name]: new ort.Tensor("float32", tensor, [1, 3, height, width]) });
    const values = (await found[output].getData()) as Float32Array;
    return { data: values.slice(values.length - width * height), width, height };
  };
  return { network, runtime, threads, release: () => session.release() };
}

async function loaded(address: string, card: Card): Promise<Uint8Array> {
  const answer = await fetch(address).catch(() => undefined);
  if (!answer?.ok) throw missing(address, answer ? `status ${answer.status}` : "no answer");
  const graph = new Uint8Array(await answer.arrayBuffer());
  // `crypto.subtle` is there on HTTPS and localhost only.
  if (globalThis.crypto?.subtle && card.sha256) {
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", graph));
    const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
    if (hex !== card.sha256) {
      throw new PortraitError(
        "model-damaged",
        `${address} is not the model "${card.name}"`,
        "copy the package's files again",
      );
    }
  }
  return graph;
}

function missing(address: string, why: string): PortraitError {
  const hint = "serve the package's files beside its code, or say with `files` where they are";
  return new PortraitError("file-missing", `${address} cannot be had (${why})`, hint);
}
