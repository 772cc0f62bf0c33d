import type { parts as English } from "../en/parts";

export const parts: typeof English = {
  notShown: "这部分内容无法按预期显示，原始内容如下：",
  interrupted: "回答在这部分完成之前被停止了。",
  raw: "JSON 内容",
  table: {
    title: "表格",
    csv: "CSV",
    unnamed: "行",
    yes: "是",
    no: "否",
    rows: (count) => `${count} 行`,
  },
  chart: {
    title: "图表",
    data: "数据",
    values: "数值，用方向键查看",
    summary: (kind, title, places) =>
      `${kind === "line" ? "折线图" : "柱状图"}：${title}，共 ${places} 个位置。`,
    range: (name, low, high) => `${name}：从 ${low} 到 ${high}。`,
    empty: (name) => `${name}：没有数值。`,
  },
  document: { copy: "复制", copied: "已复制", save: "Markdown", more: "显示全部", less: "收起" },
  progress: { waiting: "等待中", running: "进行中", done: "已完成", failed: "失败" },
};
