/** A controller of its own that aborts with any of the outer signals; disposing takes its listeners off and aborts it. */
export interface LinkedAbort extends Disposable {
  readonly signal: AbortSignal;
  abort(reason?: unknown): void;
}

export function linkedAbort(...outers: readonly AbortSignal[]): LinkedAbort {
  const controller = new AbortController();
  const links = outers.map((outer) => ({ outer, follow: () => controller.abort(outer.reason) }));
  for (const { outer, follow } of links) {
    if (outer.aborted) follow();
    else outer.addEventListener('abort', follow, { once: true });
  }
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    [Symbol.dispose]() {
      for (const { outer, follow } of links) outer.removeEventListener('abort', follow);
      controller.abort();
    },
  };
}
