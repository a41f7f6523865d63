import { Image } from "layerwright";

export default Image.scratch()
  .write("/x", "x\n")
  .healthcheck({ test: 'test -f /x && echo "it\'s $OK" # no comment' })
  .stopSignal(9)
  .volume("/with space", "/quote'd")
  .workdir('/odd $dir/with "quotes"')
  .cmd(["/bin/sh", "-c", "echo \u0001\ttab <&> \u2028"]);
