"use client";

import { CircleAlert } from "lucide-react";

export function FileProblems({ problems }: { problems: string[] }) {
  return (
    <div role="alert">
      {problems.map((problem) => (
        <p key={problem} className="flex items-start gap-2 px-4 pt-2.5 text-danger text-sm">
          <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0" />
          {problem}
        </p>
      ))}
    </div>
  );
}
