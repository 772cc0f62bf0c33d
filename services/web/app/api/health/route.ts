import { NO_CONTENT_POLICY } from "@/server/csp";

export const dynamic = "force-dynamic";

/** Whether this process answers; the edge has a readiness of its own. */
export function GET(): Response {
  const headers = { "cache-control": "no-store", "content-security-policy": NO_CONTENT_POLICY };
  return new Response("ok\n", { headers });
}
