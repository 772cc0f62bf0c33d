import type { citations as English } from "../en/citations";

export const citations: typeof English = {
  pane: "来源",
  source: (citation: number) => `来源 ${citation}`,
  place: (place: number, count: number) => `第 ${place} 个，共 ${count} 个`,
  previous: "上一个来源",
  next: "下一个来源",
  close: "关闭来源",
  passage: (number: number) => `第 ${number} 段`,
  characters: (start: string, end: string) => `第 ${start} 至 ${end} 字符`,
  openDocument: "在知识库中查看",
  loading: "正在读取段落…",
  gone: "此文档已被删除。以下是回答引用时的原文。",
  unread: "暂时无法读取该段落的上下文。",
  stored: "回答引用时的段落",
  cited: "被引用的段落",
};
