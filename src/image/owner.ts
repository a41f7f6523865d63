/**
 * Who owns files: a numeric id or a name that is looked up in the image's own `/etc/passwd` and `/etc/group`.
 * Without a group, a number stands for the group too, and a name brings its primary group (as Docker does).
 */
export interface Owner {
  readonly user: number | string;
  readonly group?: number | string;
}
