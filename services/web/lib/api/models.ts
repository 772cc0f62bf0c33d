import { edgePath, getJson } from "./fetching";

export interface ChatModel {
  id: string;
  /** Another name of this one, where `id` is an alias. */
  root: string;
  /** Tokens of question and answer together. */
  contextTokens: number;
  takesPictures: boolean;
}

interface Listed {
  id: string;
  root: string;
  max_model_len: number;
  input_modalities: string[];
  dimensions?: number;
}

/** The models that chat, in the edge's order. */
export async function readModels(signal?: AbortSignal): Promise<ChatModel[]> {
  const { data } = await getJson<{ data: Listed[] }>(edgePath("/v1/models"), signal);
  return data
    .filter((model) => model.dimensions === undefined)
    .map((model) => ({
      id: model.id,
      root: model.root,
      contextTokens: model.max_model_len,
      takesPictures: model.input_modalities.includes("image"),
    }));
}
