import { Image } from "layerwright";

const nasty = "$HOME ${A:-b} \"double\" 'single' back\\slash # hash `tick` \\n %s {} [x] a=b & ; | > < ~ *";

export default Image.scratch()
  .write("/x", "x\n")
  .env({ NASTY: nasty, EMPTY: "", SPACES: "  both ends  ", TRAILING: "ends in \\" })
  .env("AFTER", "$NASTY stays as it is")
  .label({ "org.example.nasty": nasty, "key with space": "grüße ☃", 'quote"key': "v", $key: "w" })
  .entrypoint(["/x", nasty, "", " "])
  .cmd(["\\", "$A", '"', "'", "#"]);
