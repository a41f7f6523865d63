import { expect, it } from "vitest";
import { checkRuntime } from "../../src/cli/doctor/check-sandbox.js";

it.each([
  ["runc version 1.0.3", "warn", "CVE-2024-21626, CVE-2024-45310, CVE-2025-31133"],
  ["runc version 1.1.5+ds1", "warn", "runc 1.1.5 lacks the fixes of CVE-2024-21626"],
  ["runc version 1.1.12", "warn", "lacks the fixes of CVE-2024-45310"],
  ["runc version 1.2.0", "warn", "lacks the fixes of CVE-2025-31133"],
  ["runc version 1.2.8", "ok", "1.2.8"],
  ["runc version 1.3.2", "warn", "lacks the fixes of CVE-2025-31133"],
  ["runc version 1.3.3-rc.1", "ok", "1.3.3"],
  ["runc version 1.4.0", "ok", "1.4.0"],
  ["runc version 2.0", "ok", "2.0.0"],
  ["crun version 1.4.3", "warn", "CVE-2022-27650"],
  ["crun version 1.8.1", "ok", "crun 1.8.1"],
  ["other 1.0", "warn", "not known"],
])("doctor knows what %s lacks", (said, verdict, message) => {
  const found = checkRuntime(said);
  expect(found.verdict).toBe(verdict);
  expect(found.message).toContain(message);
});
