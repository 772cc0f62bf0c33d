import { cn } from "@/lib/classes";

interface ProgressBarProps {
  label: string;
  /** 0 to 1; undefined: nobody knows. */
  share?: number;
  className?: string;
}

export function ProgressBar({ label, share, className }: ProgressBarProps) {
  const known = share !== undefined;
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      {...(known ? { "aria-valuenow": Math.round(share * 100) } : {})}
      className={cn("h-1 overflow-hidden rounded-full bg-selected", className)}
    >
      <div
        className={cn(
          "h-full origin-left rounded-full bg-accent transition-transform duration-300",
          !known && "w-1/3 animate-pulse",
        )}
        style={known ? { transform: `scaleX(${share})` } : undefined}
      />
    </div>
  );
}
