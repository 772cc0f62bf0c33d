import { signIn, signOut } from "@/server/sign-in";
import { parts } from "@/server/wiring";

export const dynamic = "force-dynamic";

export function POST(request: Request): Promise<Response> {
  return signIn(request, parts());
}

export function DELETE(request: Request): Promise<Response> {
  return signOut(request, parts());
}
