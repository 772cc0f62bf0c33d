"use client";

import { useId, useState } from "react";
import { useLanguage, useText } from "@/lib/text";
import { ChartData, ChartLegend } from "./chart-data";
import { ChartPicture } from "./chart-picture";
import { describeChart } from "./chart-words";
import { PartCard, PartToggle } from "./part-card";
import type { ChartInput } from "./schemas";

export { chartSchema as schema } from "./schemas";

/** Numbers as a picture, and the same numbers as a table for whoever wants those. */
export default function Chart(chart: ChartInput) {
  const text = useText().parts;
  const language = useLanguage();
  const [asTable, setAsTable] = useState(false);
  const body = useId();
  const title = chart.title ?? text.chart.title;
  return (
    <PartCard
      title={title}
      actions={
        <PartToggle pressed={asTable} onToggle={setAsTable} controls={body}>
          {text.chart.data}
        </PartToggle>
      }
    >
      <div id={body}>
        {asTable ? (
          <ChartData chart={chart} title={title} />
        ) : (
          <figure className="px-3 pt-2 pb-3">
            <ChartPicture
              chart={chart}
              description={describeChart(chart, title, text.chart, language)}
            />
            {chart.series.length > 1 && <ChartLegend chart={chart} />}
          </figure>
        )}
      </div>
    </PartCard>
  );
}
