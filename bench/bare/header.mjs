// A header of ustar. Long names are cut: what a longer header costs is not what is measured.

const header = Buffer.alloc(512);

/** The header of an entry; the same memory each time. `type` is "0" for a file, "5" a folder, "2" a link. */
export function ustar(path, type, mode, size, target = "") {
  header.fill(0);
  header.write(path.slice(-100), 0, 100, "latin1");
  header.write(`${octal(mode & 0o7777, 7)}\0${octal(0, 7)}\0${octal(0, 7)}\0`, 100, "latin1");
  header.write(`${octal(size, 11)}\0${octal(0, 11)}\0        ${type}`, 124, "latin1");
  header.write(target.slice(0, 100), 157, 100, "latin1");
  header.write("ustar\x0000", 257, "latin1");
  let sum = 0;
  for (let at = 0; at < 512; at++) sum += header[at];
  header.write(`${octal(sum, 6)}\0 `, 148, "latin1");
  return header;
}

const octal = (value, digits) => value.toString(8).padStart(digits, "0");
