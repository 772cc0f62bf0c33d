// The content security policy of a page: its scripts and style elements bear the request's nonce, and nothing else runs.

export interface PolicyOptions {
  nonce: string;
  https: boolean;
  /** `next dev`: React's debugging evaluates code, and its overlay styles itself inline. */
  development: boolean;
}

export function contentSecurityPolicy({ nonce, https, development }: PolicyOptions): string {
  const directives: Record<string, string> = {
    "default-src": "'none'",
    "script-src": `'self' 'nonce-${nonce}' 'strict-dynamic'${development ? " 'unsafe-eval'" : ""}`,
    "style-src": development ? "'self' 'unsafe-inline'" : `'self' 'nonce-${nonce}'`,
    "img-src": "'self' data: blob:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "worker-src": "'self'",
    "manifest-src": "'self'",
    "media-src": "'self' blob:",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "object-src": "'none'",
  };
  const written = Object.entries(directives).map(([name, sources]) => `${name} ${sources}`);
  return [...written, ...(https ? ["upgrade-insecure-requests"] : [])].join("; ");
}

export function newNonce(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString("base64");
}

/** Of what is no page: it loads nothing, and nothing frames it. */
export const NO_CONTENT_POLICY = "default-src 'none'; frame-ancestors 'none'";
