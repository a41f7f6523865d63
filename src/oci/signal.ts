/** The names that Linux, and so every runtime, knows (moby/sys/signal). */
export const signalNames: readonly string[] = [
  ..."ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT".split(" "),
  ..."SEGV STKFLT STOP SYS TERM TRAP TSTP TTIN TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ".split(" "),
].map((name) => `SIG${name}`);

/** True when a string is a signal as an image config spells it: a name, `SIGRTMIN+n`, `SIGRTMAX-n` or 1 to 64. */
export function isSignal(text: string): boolean {
  if (/^[1-9]\d?$/.test(text)) return Number(text) <= 64;
  const realtime = /^SIGRT(?:MIN(?:\+(\d{1,2}))?|MAX(?:-(\d{1,2}))?)$/.exec(text);
  // 34 to 64 are left to programs; MIN+15 and MAX-14 are where the names of moby/sys/signal meet.
  if (realtime !== null) return Number(realtime[1] ?? 0) <= 15 && Number(realtime[2] ?? 0) <= 14;
  return signalNames.includes(text);
}
