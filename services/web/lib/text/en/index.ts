import { chat } from "./chat";
import { citations } from "./citations";
import { common } from "./common";
import { history } from "./history";
import { knowledge } from "./knowledge";
import { palette } from "./palette";
import { parts } from "./parts";
import { signIn } from "./sign-in";

export const en = { common, signIn, chat, citations, history, knowledge, palette, parts };
