"use client";

import type { ReactNode } from "react";
import { Button, type ButtonProps } from "@/components/ui/button";
import { cn } from "@/lib/classes";

export interface PartCardProps {
  title: string;
  actions?: ReactNode;
  children: ReactNode;
}

/** The frame that all parts of an answer share: a title, what can be done with it, and the thing itself. */
export function PartCard({ title, actions, children }: PartCardProps) {
  return (
    <article
      aria-label={title}
      className="my-3 overflow-hidden rounded-xl border border-line bg-raised leading-normal"
    >
      <header className="flex min-h-11 items-center gap-1 border-line border-b py-1 pr-1.5 pl-4">
        <p className="min-w-0 flex-1 truncate font-medium text-sm">{title}</p>
        {actions}
      </header>
      {children}
    </article>
  );
}

export interface PartToggleProps {
  pressed: boolean;
  onToggle: (pressed: boolean) => void;
  controls: string;
  children: ReactNode;
}

export function PartToggle({ pressed, onToggle, controls, children }: PartToggleProps) {
  return (
    <PartButton aria-pressed={pressed} aria-controls={controls} onClick={() => onToggle(!pressed)}>
      {children}
    </PartButton>
  );
}

export function PartButton({ className, ...props }: ButtonProps) {
  return (
    <Button
      variant="ghost"
      size="sm"
      className={cn(
        "gap-1.5 px-2.5 font-normal aria-pressed:bg-selected aria-pressed:text-text",
        className,
      )}
      {...props}
    />
  );
}
