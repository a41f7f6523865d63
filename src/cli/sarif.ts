import { relative, resolve, sep } from "node:path";
import { shownLine } from "../core/shown-text.js";
import type { JudgedFinding, Severity } from "../policy/policy.js";

const LEVELS: Readonly<Record<Severity, string>> = { error: "error", warning: "warning", info: "note" };

/**
 * Findings in the format that code scanning reads (SARIF 2.1.0), suppressed ones marked as such.
 *
 * @param context the directory of the paths in findings; those in the result are relative to the working directory
 */
export function sarifOf(findings: readonly JudgedFinding[], context: string): unknown {
  const codes = [...new Set(findings.map(({ code }) => code))];
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "layerwright", rules: codes.map((id) => ({ id })) } },
        results: findings.map(({ code, severity, image, message, fix, origin, suppressed }) => ({
          ruleId: code,
          ruleIndex: codes.indexOf(code),
          level: LEVELS[severity],
          message: { text: shownLine(`${image}: ${message}. To do: ${fix}`) },
          locations:
            origin === undefined
              ? []
              : [
                  {
                    physicalLocation: {
                      artifactLocation: { uri: encodeURI(placed(origin.file, context)) },
                      region: {
                        startLine: origin.line,
                        ...(origin.column && { startColumn: origin.column }),
                      },
                    },
                  },
                ],
          ...(suppressed === undefined
            ? {}
            : { suppressions: [{ kind: "inSource", justification: shownLine(suppressed.reason) }] }),
        })),
      },
    ],
  };
}

function placed(file: string, context: string): string {
  return relative(process.cwd(), resolve(context, file)).split(sep).join("/");
}
