import Link from "next/link";
import { LogoMark } from "@/components/logo";
import { Button } from "@/components/ui/button";
import { readText } from "@/lib/text/server";

export default async function NotFound() {
  const { notFound } = (await readText()).common;
  return (
    <main className="flex min-h-dvh flex-col items-center justify-center gap-3 px-6 text-center">
      <LogoMark className="size-10" />
      <h1 className="mt-2 font-semibold text-xl">{notFound.title}</h1>
      <p className="text-muted">{notFound.body}</p>
      <Button asChild className="mt-3">
        <Link href="/">{notFound.home}</Link>
      </Button>
    </main>
  );
}
