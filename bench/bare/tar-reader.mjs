// Finds the entries of a tar that comes in chunks, and keeps those that are wanted, byte for byte.

const [PAX, GLOBAL, LONG_NAME, LONG_TARGET] = ["x", "g", "L", "K"].map((type) => type.charCodeAt(0));

/** `isWanted` gets the headers of an entry (what PAX and GNU put before it, each with its contents) before its contents. */
export function headers(isWanted) {
  const header = Buffer.alloc(512);
  let filled = 0;
  let parts = [];
  // How many bytes of the current contents are still to come, and what becomes of them.
  let left = 0;
  let fate = "drop";
  return function* (chunk) {
    for (let at = 0; at < chunk.length; ) {
      if (left > 0) {
        const part = chunk.subarray(at, at + Math.min(left, chunk.length - at));
        left -= part.length;
        at += part.length;
        if (fate === "pass") yield part;
        else if (fate === "hold") parts.push(Buffer.from(part));
        continue;
      }
      const part = Math.min(512 - filled, chunk.length - at);
      header.set(chunk.subarray(at, at + part), filled);
      filled += part;
      at += part;
      if (filled < 512) continue;
      filled = 0;
      // Zeros end a tar.
      if (header[0] === 0) continue;
      left = Math.ceil(sizeOf(header) / 512) * 512;
      parts.push(Buffer.from(header));
      if ([PAX, GLOBAL, LONG_NAME, LONG_TARGET].includes(header[156])) {
        fate = "hold";
        continue;
      }
      fate = isWanted(parts) ? "pass" : "drop";
      if (fate === "pass") yield* parts;
      parts = [];
    }
  };
}

/** The path that the headers of an entry give it, without a slash at either end. */
export function nameOf(parts) {
  const last = parts.at(-1);
  const prefix = last.latin1Slice(257, 263) === "ustar\0" ? text(last, 345, 155) : "";
  let name = prefix === "" ? text(last, 0, 100) : `${prefix}/${text(last, 0, 100)}`;
  for (let at = 0; at < parts.length - 1; ) {
    const [type, size] = [parts[at][156], sizeOf(parts[at])];
    at++;
    // Contents may have come in pieces.
    let contents = Buffer.alloc(0);
    while (contents.length < size) contents = Buffer.concat([contents, parts[at++]]);
    contents = contents.subarray(0, size);
    if (type === LONG_NAME) name = text(contents, 0, size);
    if (type === PAX) name = paxPath(contents) ?? name;
  }
  return name.replace(/^(\.?\/)+|\/+$/g, "");
}

/** A record is `LENGTH KEY=VALUE\n`, and the length counts bytes of all of it. */
function paxPath(contents) {
  let path;
  for (let at = 0; at < contents.length; ) {
    const space = contents.indexOf(" ", at);
    const end = at + Number(contents.latin1Slice(at, space));
    const record = contents.utf8Slice(space + 1, end - 1);
    if (record.startsWith("size=")) throw new Error("a file of 8 GiB is not for this program");
    if (record.startsWith("path=")) path = record.slice(5);
    at = end;
  }
  return path;
}

function sizeOf(header) {
  // A first bit says that the number is not in octal, as it is for files of 8 GiB.
  if (header[124] & 0x80) throw new Error("a file of 8 GiB is not for this program");
  return Number.parseInt(header.latin1Slice(124, 136), 8) || 0;
}

function text(bytes, at, length) {
  const end = bytes.indexOf(0, at);
  return bytes.utf8Slice(at, end < 0 ? at + length : Math.min(end, at + length));
}
