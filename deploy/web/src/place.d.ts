/** The package's worker, started from its own folder. */
export function startWorker(): Worker;
