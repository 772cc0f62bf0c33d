import type { Metadata } from "next";
import { Logo } from "@/components/logo";
import { readText } from "@/lib/text/server";
import { LanguageSwitch } from "./language-switch";
import { SignInForm } from "./sign-in-form";

interface Props {
  searchParams: Promise<{ reason?: string; next?: string }>;
}

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await readText()).signIn.title };
}

export default async function SignInPage({ searchParams }: Props) {
  const { reason, next } = await searchParams;
  const { common, signIn } = await readText();
  const notice =
    reason === "ended" ? signIn.ended : reason === "signed-out" ? signIn.signedOut : "";
  return (
    <div className="flex min-h-dvh flex-col">
      <header className="flex items-center justify-between px-5 py-4 sm:px-8">
        <Logo />
        <LanguageSwitch />
      </header>
      <main className="flex flex-1 flex-col items-center justify-center px-5 pb-24">
        <div className="w-full max-w-sm">
          <h1 className="text-balance text-center font-semibold text-[26px] tracking-tight">
            {signIn.welcome}
          </h1>
          <p className="mt-1.5 mb-8 text-balance text-center text-muted">{common.tagline}</p>
          <SignInForm notice={notice} next={typeof next === "string" ? next : ""} />
          <p className="mt-6 text-balance text-center text-faint text-sm">{signIn.help}</p>
        </div>
      </main>
    </div>
  );
}
