"use client";

import { setNonce } from "get-nonce";
import { useState } from "react";

/** The page's nonce, for style elements that are made in the browser. */
export function styleNonce(): string | undefined {
  return document.querySelector<HTMLScriptElement>("script[nonce]")?.nonce || undefined;
}

/** Called by what locks the page's scrolling: Radix does it with a style element, which the policy wants a nonce on. */
export function useStyleNonce(): void {
  useState(() => {
    const nonce = typeof document === "undefined" ? undefined : styleNonce();
    if (nonce) setNonce(nonce);
  });
}
