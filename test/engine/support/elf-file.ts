/** What a made-up ELF file says of itself. */
export interface ElfShape {
  readonly type?: number;
  readonly machine?: number;
  readonly bits?: 32 | 64;
  readonly littleEndian?: boolean;
  readonly interpreter?: string;
  readonly needed?: readonly string[];
  /** A dynamic section even without libraries. */
  readonly dynamic?: boolean;
}

/** A file with the headers of a program and no code. */
export function elfFile(shape: ElfShape): Buffer {
  const { type = 2, machine = 62, bits = 64, littleEndian = true, interpreter, needed = [] } = shape;
  const wide = bits === 64;
  const word = bits / 8;
  const headerSize = wide ? 64 : 52;
  const entrySize = wide ? 56 : 32;
  const bytes = Buffer.alloc(2048);
  const put = (at: number, size: number, value: number) => {
    for (let index = 0; index < size; index++) {
      bytes[at + (littleEndian ? index : size - 1 - index)] = Math.floor(value / 256 ** index) % 256;
    }
  };
  bytes.set([0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, littleEndian ? 1 : 2, 1]);
  put(16, 2, type);
  put(18, 2, machine);
  put(wide ? 32 : 28, word, headerSize);
  put(wide ? 54 : 42, 2, entrySize);
  const segments: (readonly [type: number, offset: number, address: number, size: number])[] = [
    [1, 0, 0x1000, 2048],
  ];
  const stringsAt = 1024;
  let stringsEnd = stringsAt + 1;
  const text = (value: string) => {
    const at = stringsEnd;
    bytes.write(`${value}\0`, at);
    stringsEnd += value.length + 1;
    return at;
  };
  if (interpreter !== undefined) segments.push([3, text(interpreter), 0, interpreter.length + 1]);
  if (needed.length > 0 || shape.dynamic === true) {
    const names = needed.map((name) => text(name) - stringsAt);
    const tags = [
      ...names.map((name) => [1, name]),
      [5, 0x1000 + stringsAt],
      [10, stringsEnd - stringsAt],
      [0, 0],
    ];
    tags.forEach(([tag, value], index) => {
      put(512 + index * 2 * word, word, tag!);
      put(512 + index * 2 * word + word, word, value!);
    });
    segments.push([2, 512, 0x1000 + 512, tags.length * 2 * word]);
  }
  put(wide ? 56 : 44, 2, segments.length);
  segments.forEach(([kind, offset, address, size], index) => {
    const at = headerSize + index * entrySize;
    put(at, 4, kind);
    put(at + (wide ? 8 : 4), word, offset);
    put(at + (wide ? 16 : 8), word, address);
    put(at + (wide ? 32 : 16), word, size);
  });
  return bytes;
}
