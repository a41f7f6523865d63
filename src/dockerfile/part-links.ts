import type { RunOperation } from "../plan/operation.js";

/** An empty directory that is mounted while a script keeps hard links apart. */
export const LINKS_MOUNT = "/run/layerwright-links";

/**
 * Functions that keep the commands of one RUN apart as on layers of their own, where a file of an earlier command is
 * copied before it is changed, so that its other names stay as they are. `part_links` gives each name that a command
 * linked a file of its own, those of the base aside; `join_links` makes those one again that nothing has touched since.
 *
 * What was touched shows in the time of its last change, so `tick` waits until the clock of the file system has moved on.
 */
export const PART_LINKS = `links=${LINKS_MOUNT}
parted=
tick() {
  touch "$links/a"
  until touch "$links/b" && [ "$(stat -c %z "$links/b")" != "$(stat -c %z "$links/a")" ]; do :; done
}
linked() {
  find / -xdev -type f -links +1 -exec stat -c '%d_%i|%n' {} +
}
part_links() {
  now=
  while IFS='|' read -r id name; do
    case "
$before
" in *"
$id|$name
"*) continue ;; esac
    if [ -z "$id" ]; then continue; fi
    now="$now
$id|$name"
    if [ "$(stat -c %h "$name")" -gt 1 ]; then
      cp -p "$name" "$name.layerwright"
      mv -f "$name.layerwright" "$name"
    fi
  done <<NAMES
$(linked)
NAMES
  while IFS='|' read -r id name; do
    if [ -z "$id" ]; then continue; fi
    parted="$parted
$id|$(stat -c %i:%z "$name")|$name"
  done <<NAMES
$now
NAMES
  tick
}
join_links() {
  while IFS='|' read -r id state name; do
    if [ -z "$id" ] || [ "$(stat -c %i:%z "$name" 2>/dev/null)" != "$state" ]; then continue; fi
    eval "first=\\$first_$id"
    if [ -z "$first" ]; then eval "first_$id=\\$name"; else ln -f "$first" "$name"; fi
  done <<NAMES
$parted
NAMES
}
before=$(linked)`;

const LINK_WITHOUT_S = /(^|[\s;&|(])ln\s+(?!(\S+\s+)*?(-[a-zA-Z]*s[a-zA-Z]*|--symbolic)(\s|$))/;
const LINKING_COPY = /(^|[\s;&|(])cp\s+(\S+\s+)*?(-[a-zA-Z]*l[a-zA-Z]*|--link)(\s|$)/;
const LINKING_SYNC = /(^|[\s;&|(])rsync\s+(\S+\s+)*?(-[a-zA-Z]*H[a-zA-Z]*|--hard-links|--link-dest\S*)(\s|$)/;

/** True when a command, by its words, may give a file another name. */
export function mayLink({ command }: RunOperation): boolean {
  const text = typeof command === "string" ? command : command.join(" ");
  return text
    .split(/[;&|\n]+/)
    .some((part) => [LINK_WITHOUT_S, LINKING_COPY, LINKING_SYNC].some((words) => words.test(part)));
}
