import { forward } from "@/server/forward";
import { parts } from "@/server/wiring";

export const dynamic = "force-dynamic";

interface Context {
  params: Promise<{ path: string[] }>;
}

async function handle(request: Request, { params }: Context): Promise<Response> {
  return forward(request, (await params).path, parts());
}

export { handle as DELETE, handle as GET, handle as HEAD, handle as PATCH, handle as POST };
