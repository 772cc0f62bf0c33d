import { cn } from "@/lib/classes";

/** A sluice gate: three bars over a wave. */
export function LogoMark({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true" className={cn("size-7", className)}>
      <rect width="32" height="32" rx="8" className="fill-accent" />
      <g fill="none" strokeWidth="3" strokeLinecap="round" className="stroke-accent-text">
        <path d="M9 7v10M16 7v10M23 7v10" />
        <path d="M6 23.5c1.7-1.7 3.3-1.7 5 0s3.3 1.7 5 0 3.3-1.7 5 0 3.3 1.7 5 0" />
      </g>
    </svg>
  );
}

export function Logo({ className }: { className?: string }) {
  return (
    <span
      className={cn(
        "inline-flex items-center gap-2.5 font-semibold text-[17px] text-text tracking-tight",
        className,
      )}
    >
      <LogoMark />
      Sluice
    </span>
  );
}
