import { Image } from "layerwright";

const everyByte = Uint8Array.from({ length: 256 }, (_, index) => index);

export default Image.scratch()
  .write("/all-bytes", everyByte)
  .write("/empty", "")
  .write("/crlf", "one\r\ntwo\r\n")
  .write("/no-newline", "one")
  .write("/only-newline", "\n")
  .write("/heredoc", "EOT\nEOF\n$HOME `id` \\ \"quoted\" 'single'\n\tindented\n# comment\n")
  .write("/utf8", "grüße ☃ \u{1f433}\n")
  .write("/bom", "\ufeffmarked\n")
  .write("/nul", "a\0b\n");
