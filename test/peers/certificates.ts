import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A server's key and certificate for localhost and 127.0.0.1, and the file of the authority that signed it. */
export interface Certificates {
  readonly key: string;
  readonly cert: string;
  readonly keyFile: string;
  readonly certFile: string;
  readonly caFile: string;
}

/** Makes an authority and a server's certificate in a folder. */
export function makeCertificates(folder: string, names = "DNS:localhost,IP:127.0.0.1"): Certificates {
  const file = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  openssl(
    ...["req", "-x509", ...newKey, "-keyout", "ca.key", "-out", "ca.crt", "-days", "2"],
    ...["-subj", "/CN=layerwright test authority"],
  );
  openssl("req", ...newKey, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost");
  writeFileSync(file("server.ext"), `subjectAltName=${names}\nextendedKeyUsage=serverAuth\n`);
  openssl(
    ...["x509", "-req", "-in", "server.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial"],
    ...["-out", "server.crt", "-days", "2", "-extfile", "server.ext"],
  );
  return {
    key: readFileSync(file("server.key"), "utf8"),
    cert: readFileSync(file("server.crt"), "utf8"),
    keyFile: file("server.key"),
    certFile: file("server.crt"),
    caFile: file("ca.crt"),
  };
}
