// What the web can be told, read at each use: the same process serves whatever its environment says.

const MIB = 1024 * 1024;

/** Where the edge is, without a slash at the end. */
export function edgeUrl(): string {
  return (process.env.SLUICE_EDGE_URL || "http://127.0.0.1:8080").replace(/\/+$/, "");
}

/** The origin that browsers see (`https://chat.example.com`), where a proxy stands before the web; else empty. */
export function publicOrigin(): string {
  const given = process.env.SLUICE_WEB_ORIGIN;
  return given ? new URL(given).origin : "";
}

/** As the edge's own settings of the same names, which should be given to both. */
export function bodyLimits(): { json: number; chat: number; document: number } {
  return {
    json: bytes("SLUICE_MAX_BODY_BYTES", 4 * MIB),
    chat: bytes("SLUICE_MAX_CHAT_BYTES", 12 * MIB),
    document: documentBytes() + 64 * 1024,
  };
}

/** Of one document, as the page tells its reader. */
export function documentBytes(): number {
  return bytes("SLUICE_MAX_DOCUMENT_BYTES", 10 * MIB);
}

function bytes(name: string, otherwise: number): number {
  const value = Number(process.env[name] || otherwise);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new Error(`${name} is not a number of bytes`);
  return value;
}
