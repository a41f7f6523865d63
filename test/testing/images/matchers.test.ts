import { Image } from "layerwright";
import { expectImage, imageMatchers as untyped } from "layerwright/testing";
import { imageMatchers } from "layerwright/testing/vitest";
import { describe, expect, it } from "vitest";

expect.extend(imageMatchers);

const parent = Image.scratch().write("/etc/motd", "hello\n").symlink("motd", "/etc/link").mkdir("/data");
const image = Image.from(parent)
  .env("LANG", "C.UTF-8")
  .label("a", "1")
  .annotation("b", "2")
  .user(7)
  .workdir("/data")
  .entrypoint(["/app"])
  .cmd(["x"])
  .expose(80)
  .volume("/data")
  .stopSignal("SIGINT")
  .healthcheck({ test: "true" })
  .shell(["/bin/sh"]);

describe("matchers", () => {
  it("are the assertions of the chain", () => {
    expect(image).toHaveFile("/etc/motd", { contents: /hello/ });
    expect(image).toHaveFolder("/data");
    expect(image).toHaveSymlink("/etc/link", "motd");
    expect(image).toHavePath("/etc");
    expect(image).toHaveNoFile("/usr");
    expect(image).toHaveNoFileMatching("**/*.map");
    expect(image).toHaveEnv("LANG", "C.UTF-8");
    expect(image).toHaveNoEnv("DEBUG");
    expect(image).toHaveLabel("a", "1");
    expect(image).toHaveAnnotation("b", "2");
    expect(image).toHaveEntrypoint(["/app"]);
    expect(image).toHaveCmd(["x"]);
    expect(image).toHaveShell(["/bin/sh"]);
    expect(image).toHaveUser(7);
    expect(image).toBeNonRoot();
    expect(image).toHaveWorkdir("/data");
    expect(image).toHaveStopSignal("SIGINT");
    expect(image).toExpose(80);
    expect(image).toHaveVolume("/data");
    expect(image).toHaveHealthcheck("true");
    expect(image).toHaveLayersAtMost(3);
    expect(image).toHaveOwnLayers(0);
    expect(image).toShareLayersWith(parent, 1);
    expect(image).toBeUnder("20MB");
    expect(image).toBeOwnUnder("1kB");
    expect(image).toBeOn(parent);
    expect(image).toHaveNoRunSteps();
    expect(image.run("true")).toRun("true");
    expect(image.squash("all")).toHaveLayers(1);
    expect(expectImage(image, { platform: "linux/arm64" })).toHaveFile("/etc/motd");
    expect(untyped).toBe(imageMatchers);
  });

  it("fail with the message of the assertion", () => {
    expect(() => expect(image).toHaveFile("/etc/mtd")).toThrowError(/^the image has no file \/etc\/mtd\n/);
    expect(() => expect(image).toHaveEnv("LANG", "C")).toThrowError(
      expect.objectContaining({ actual: "C.UTF-8", expected: "C" }),
    );
  });

  it("are turned round by not", () => {
    expect(image).not.toHaveFile("/usr/bin/gcc");
    expect(image).not.toHaveEnv("LANG", "C");
    expect(() => expect(image).not.toHaveFile("/etc/motd")).toThrowError(/passes toHaveFile, and should not/);
  });

  it("fail both ways where only a build can tell", () => {
    const built = image.run("make");
    expect(() => expect(built).toHaveFile("/bin/x")).toThrowError(/is not known without a build/);
    expect(() => expect(built).not.toHaveFile("/bin/x")).toThrowError(/is not known without a build/);
  });

  it("refuse what is no image", () => {
    expect(() => expect("debian").toHaveFile("/a")).toThrowError(/allowed is an Image/);
  });
});
