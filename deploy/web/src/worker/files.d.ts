import type { Files } from "./network";
/** The files beside the worker. */
export const files: Files;
