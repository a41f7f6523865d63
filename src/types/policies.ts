/** What policies see, find and answer. */
export type { NoSecretsOptions } from "../policy/no-secrets.js";
export type { FixedPackageVersionsOptions } from "../policy/origin-policies.js";
export type {
  Finding,
  JudgedFinding,
  PlacedSuppression,
  PolicyAnswer,
  PolicyChecks,
  PolicyFinding,
  PolicyOptions,
  Severity,
  Suppression,
} from "../policy/policy.js";
export type {
  BuiltPolicyImage,
  EarlierBuild,
  PolicyBase,
  PolicyBuiltImage,
  PolicyCommand,
  PolicyImage,
} from "../policy/policy-image.js";
export type { NoSetuidOptions } from "../policy/privilege-policies.js";
export type { MaxSizeOptions } from "../policy/size-policies.js";
