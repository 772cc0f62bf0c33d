import type { signIn as English } from "../en/sign-in";

export const signIn: typeof English = {
  title: "登录",
  welcome: "欢迎回来",
  username: "用户名",
  password: "密码",
  showPassword: "显示密码",
  hidePassword: "隐藏密码",
  submit: "登录",
  submitting: "正在登录…",
  wrong: "用户名或密码不正确。",
  missing: "请输入用户名和密码。",
  throttled: (wait: string) => `该账户尝试次数过多，请在 ${wait}后重试。`,
  throttledOver: "现在可以重试了。",
  seconds: (count: number) => `${count} 秒`,
  minutes: (count: number) => `${count} 分钟`,
  ended: "会话已结束，登录后可从刚才的位置继续。",
  signedOut: "你已退出登录。",
  help: "还没有账户？请联系运行此 Sluice 的人创建。",
};
