// Bodies on their way to the edge, bounded.

export class TooLarge extends Error {}
/** Bodies that are held for others leave none for this one. */
export class NoRoom extends Error {}

/** What all bodies that are held at the same time may take: also who has no session can send some. */
export class BodyRoom {
  private takenBytes = 0;

  constructor(private readonly maxBytes: number) {}

  /** While `use` runs it has the body of a request, whole. Raises `TooLarge` or `NoRoom`. */
  async withBody<T>(
    request: Request,
    maxBytes: number,
    use: (body: Uint8Array<ArrayBuffer>) => Promise<T>,
  ): Promise<T> {
    let bytes = 0;
    const chunks: Uint8Array[] = [];
    try {
      for await (const chunk of boundedBody(request, maxBytes) ?? []) {
        bytes += chunk.byteLength;
        this.takenBytes += chunk.byteLength;
        if (this.takenBytes > this.maxBytes) throw new NoRoom();
        chunks.push(chunk);
      }
      return await use(new Uint8Array(Buffer.concat(chunks)));
    } finally {
      this.takenBytes -= bytes;
    }
  }
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
