import { LoaderCircle } from "lucide-react";
import { cn } from "@/lib/classes";

/** Without a label it is an ornament beside words that say the same. */
export function Spinner({ label, className }: { label?: string; className?: string }) {
  const icon = <LoaderCircle aria-hidden className={cn("size-4 animate-spin", className)} />;
  return label ? (
    <span role="status" className="inline-flex">
      {icon}
      <span className="sr-only">{label}</span>
    </span>
  ) : (
    icon
  );
}
