// Bodies on their way to the edge, bounded.

export class TooLarge extends Error {}

/** The body of a request, at once. Raises `TooLarge`. */
export async function readBody(
  request: Request,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  const bounded = boundedBody(request, maxBytes);
  if (bounded) for await (const chunk of bounded) chunks.push(chunk);
  return new Uint8Array(Buffer.concat(chunks));
}

/** The body of a request as it comes; it breaks with `TooLarge` where it does not end in time. */
export function boundedBody(request: Request, maxBytes: number): ReadableStream<Uint8Array> | null {
  if (Number(request.headers.get("content-length") ?? 0) > maxBytes) throw new TooLarge();
  let seen = 0;
  const bound = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      seen += chunk.byteLength;
      if (seen > maxBytes) controller.error(new TooLarge());
      else controller.enqueue(chunk);
    },
  });
  return request.body?.pipeThrough(bound) ?? null;
}
