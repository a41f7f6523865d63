import type { Content } from "./content.js";

/** Adds the body of a request to what has come. Where the connection breaks, what came before stays. */
export async function receive(request: Request, content: Content, limit = Infinity): Promise<boolean> {
  if (request.body === null) return true;
  for await (const piece of request.body) {
    content.append(piece);
    if (content.size > limit) return false;
  }
  return true;
}
