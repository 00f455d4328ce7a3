export function serve(
  folder: string,
  options?: { port?: number; isolated?: boolean },
): Promise<{ address: string; close(): void }>;
