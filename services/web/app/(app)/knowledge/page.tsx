import type { Metadata } from "next";
import { Suspense } from "react";
import { KnowledgePage } from "@/components/knowledge/knowledge-page";
import { readText } from "@/lib/text/server";
import { documentBytes } from "@/server/settings";

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await readText()).knowledge.title };
}

export default function Knowledge() {
  return (
    <Suspense>
      <KnowledgePage limitBytes={documentBytes()} />
    </Suspense>
  );
}
