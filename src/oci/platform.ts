/** An operating system and processor, in Go's names (image-spec config.md). */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
}
