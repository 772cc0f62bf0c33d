"use client";

import { Skeleton } from "@/components/ui/skeleton";
import { useText } from "@/lib/text";

export function TranscriptSkeleton() {
  const { common } = useText();
  return (
    <div role="status" className="min-h-0 flex-1 overflow-hidden px-4">
      <span className="sr-only">{common.loading}</span>
      <div className="mx-auto max-w-184 space-y-4 pt-6">
        <Skeleton className="ml-auto h-11 w-2/5 rounded-2xl" />
        <Skeleton className="h-4 w-11/12" />
        <Skeleton className="h-4 w-full" />
        <Skeleton className="h-4 w-3/4" />
      </div>
    </div>
  );
}
