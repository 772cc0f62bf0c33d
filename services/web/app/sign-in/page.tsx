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
    <div className="relative isolate flex min-h-dvh flex-col overflow-hidden">
      <header className="flex items-center justify-between px-5 py-4 sm:px-8">
        <Logo />
        <LanguageSwitch />
      </header>
      <main className="flex flex-1 flex-col items-center justify-center px-5 pb-24">
        <div className="w-full max-w-sm">
          <h1 className="text-balance text-center font-semibold text-[26px] tracking-tight">
            {signIn.welcome}
          </h1>
          <p className="mt-1.5 mb-3 text-balance text-center text-muted">{common.tagline}</p>
          <SignInForm notice={notice} next={typeof next === "string" ? next : ""} />
          <p className="mt-6 text-balance text-center text-faint text-sm">{signIn.help}</p>
        </div>
      </main>
      <Water />
    </div>
  );
}

/** What the gate holds back. */
function Water() {
  return (
    <svg
      viewBox="0 0 1440 200"
      preserveAspectRatio="none"
      aria-hidden="true"
      className="absolute inset-x-0 bottom-0 -z-10 h-40 w-full fill-accent-soft"
    >
      <path
        opacity="0.45"
        d="M0 92c120-38 240-38 360 0s240 38 360 0 240-38 360 0 240 38 360 0v108H0z"
      />
      <path
        opacity="0.7"
        d="M0 138c120 30 240 30 360 0s240-30 360 0 240 30 360 0 240-30 360 0v62H0z"
      />
    </svg>
  );
}
