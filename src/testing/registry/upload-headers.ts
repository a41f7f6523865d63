import type { Content } from "./content.js";

/** Where an upload goes on, and what of it has come. `0-0` stands for nothing too, as in distribution/distribution. */
export function uploadHeaders(name: string, id: string, content: Content): Record<string, string> {
  return {
    location: `/v2/${name}/blobs/uploads/${id}`,
    range: `0-${Math.max(content.size - 1, 0)}`,
    "docker-upload-uuid": id,
  };
}
