import type { Route } from "../route.js";

/** What somebody may do, as in the scopes of tokens: `repository:acme/app:pull,push`. */
export interface Access {
  readonly type: string;
  readonly name: string;
  readonly actions: readonly string[];
}

/** What a request needs. An empty list is what everybody with an account has. */
export function neededAccess(route: Route, request: Request): readonly Access[] {
  if (route.kind === "base") return [];
  if (route.kind === "catalog") return [{ type: "registry", name: "catalog", actions: ["*"] }];
  const needed = [repository(route.name, actionsOf(request.method))];
  if (route.kind !== "uploads") return needed;
  const query = new URL(request.url).searchParams;
  const from = query.get("from");
  // Who mounts a blob reads it where it is.
  return query.has("mount") && from !== null ? [...needed, repository(from, ["pull"])] : needed;
}

function repository(name: string, actions: readonly string[]): Access {
  return { type: "repository", name, actions };
}

function actionsOf(method: string): readonly string[] {
  if (method === "GET" || method === "HEAD") return ["pull"];
  return method === "DELETE" ? ["delete"] : ["pull", "push"];
}

export function scopeText({ type, name, actions }: Access): string {
  return `${type}:${name}:${actions.join(",")}`;
}

/** The scopes of a text with spaces between them. What is no scope is left out. */
export function parseScopes(text: string): Access[] {
  return text.split(" ").flatMap((scope) => {
    const [, type, name, actions] = /^([^:]+):(.+):([^:]+)$/.exec(scope) ?? [];
    return type === undefined ? [] : [{ type, name: name!, actions: actions!.split(",") }];
  });
}

/** True when all that is needed was granted. */
export function covers(granted: readonly Access[], needed: readonly Access[]): boolean {
  return needed.every(({ type, name, actions }) =>
    actions.every((action) =>
      granted.some((one) => one.type === type && one.name === name && one.actions.includes(action)),
    ),
  );
}

/** True when somebody without an account could do it where pulling is free. */
export function isPull({ type, actions }: Access): boolean {
  return type === "repository" && actions.every((action) => action === "pull");
}
