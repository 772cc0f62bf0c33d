"use client";

import { CircleAlert, Eye, EyeOff, Info } from "lucide-react";
import { type FormEvent, type ReactNode, useEffect, useState } from "react";
import { Button } from "@/components/ui/button";
import { IconButton } from "@/components/ui/icon-button";
import { Input } from "@/components/ui/input";
import { Spinner } from "@/components/ui/spinner";
import { ApiError, wordsFor } from "@/lib/api/fetching";
import { signIn } from "@/lib/api/session";
import { useText } from "@/lib/text";
import { safeNext } from "./next-page";

export function SignInForm({ notice, next }: { notice: string; next: string }) {
  const words = useText().signIn;
  const { submit, busy, error, waitS, begin } = useSignIn(next);
  const message = useRefusal(error, waitS);
  const wrong = error instanceof ApiError && error.status === 401;
  return (
    <form method="post" onSubmit={submit} className="flex flex-col gap-4">
      {/* Keeps its place, so that the fields stay where they are when something is said. */}
      <div className="flex min-h-11 flex-col justify-center">
        {notice && !error ? <Notice icon={<Info aria-hidden />}>{notice}</Notice> : null}
        <div role="alert" className="empty:hidden">
          {message ? (
            <Notice danger icon={<CircleAlert aria-hidden />}>
              {message}
            </Notice>
          ) : null}
        </div>
      </div>
      <div className="flex flex-col gap-1.5">
        <label htmlFor="username" className="font-medium text-sm">
          {words.username}
        </label>
        <Input
          id="username"
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          autoCorrect="off"
          spellCheck={false}
          required
          maxLength={256}
          onChange={begin}
          aria-invalid={wrong || undefined}
          className="h-11 text-[15px]"
        />
      </div>
      <PasswordField invalid={wrong} />
      <Button type="submit" size="lg" disabled={busy || waitS > 0} className="mt-2">
        {busy ? <Spinner /> : null}
        {busy ? words.submitting : words.submit}
      </Button>
    </form>
  );
}

function useSignIn(next: string) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [waitS, setWaitS] = useCountdown();

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const data = new FormData(form);
    setBusy(true);
    setError(null);
    try {
      await signIn(String(data.get("username")).trim(), String(data.get("password")));
      window.location.assign(safeNext(next));
    } catch (failure) {
      setBusy(false);
      setError(failure);
      if (failure instanceof ApiError && failure.status === 429) {
        setWaitS(failure.retryAfterS ?? 60);
      } else {
        form.querySelector<HTMLInputElement>("[name=password]")?.select();
      }
    }
  };
  /** Another name: what was said of the one before does not hold for it. */
  const begin = () => {
    setWaitS(0);
    setError(null);
  };
  return { submit, busy, error, waitS, begin };
}

/** In words; nothing where nothing went wrong. */
function useRefusal(error: unknown, waitS: number): string {
  const text = useText();
  const words = text.signIn;
  if (!error) return "";
  if (!(error instanceof ApiError)) return wordsFor(error, text);
  if (error.status === 401) return words.wrong;
  if (error.status !== 429) return wordsFor(error, text);
  if (waitS === 0) return words.throttledOver;
  return words.throttled(waitS >= 90 ? words.minutes(Math.ceil(waitS / 60)) : words.seconds(waitS));
}

function PasswordField({ invalid }: { invalid: boolean }) {
  const words = useText().signIn;
  const [shown, setShown] = useState(false);
  return (
    <div className="flex flex-col gap-1.5">
      <label htmlFor="password" className="font-medium text-sm">
        {words.password}
      </label>
      <div className="relative">
        <Input
          id="password"
          name="password"
          type={shown ? "text" : "password"}
          autoComplete="current-password"
          required
          maxLength={1024}
          aria-invalid={invalid || undefined}
          className="h-11 pr-12 text-[15px]"
        />
        <IconButton
          label={shown ? words.hidePassword : words.showPassword}
          tooltip={false}
          onClick={() => setShown(!shown)}
          className="absolute top-1 right-1 pointer-coarse:top-0 pointer-coarse:right-0"
        >
          {shown ? <EyeOff aria-hidden /> : <Eye aria-hidden />}
        </IconButton>
      </div>
    </div>
  );
}

function Notice({
  icon,
  danger,
  children,
}: {
  icon: ReactNode;
  danger?: boolean;
  children: ReactNode;
}) {
  const tone = danger ? "bg-danger-soft text-danger" : "bg-accent-soft text-accent";
  return (
    <p
      className={`flex items-start gap-2.5 rounded-md px-3 py-2.5 text-sm [&_svg]:mt-0.5 [&_svg]:size-4 [&_svg]:shrink-0 ${tone}`}
    >
      {icon}
      <span>{children}</span>
    </p>
  );
}

/** Seconds that run out by themselves. */
function useCountdown(): [number, (seconds: number) => void] {
  const [left, setLeft] = useState(0);
  useEffect(() => {
    if (left <= 0) return;
    const timer = setTimeout(() => setLeft(left - 1), 1000);
    return () => clearTimeout(timer);
  }, [left]);
  return [left, setLeft];
}
