import { Image } from "layerwright";

export default Image.scratch()
  .write("/etc/motd", "hello\n")
  .write("/etc/issue", "no line break at the end")
  .write("/deep/er/still/file", "parents are made as root 0755\n")
  .write("/secret", "0600\n", { mode: 0o600, owner: 65532 });
