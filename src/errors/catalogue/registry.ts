/** Registries: what they answer, and what of it must not be. */
export const registryMessages = {
  REGISTRY_UNREACHABLE: (p: { registry: string; reason: string }) => ({
    message: `the registry ${p.registry} cannot be reached: ${p.reason}`,
    hint: "check its name, your network and the proxy variables (HTTPS_PROXY, NO_PROXY)",
  }),
  REGISTRY_SILENT: (p: { registry: string; reason: string }) => ({
    message: `the registry ${p.registry} is too slow: ${p.reason}`,
    hint: "try again later, or use a mirror of it",
  }),
  REGISTRY_CERTIFICATE: (p: { registry: string; reason: string }) => ({
    message: `the certificate of ${p.registry} is not trusted: ${p.reason}`,
    hint: 'give its authority as "ca" in registries.json or in certs.d, or say "http": true there for a registry without TLS',
  }),
  REGISTRY_DENIED: (p: { repository: string; action: string; known: boolean; reason: string }) => ({
    message: `the registry does not let you ${p.action} ${p.repository}: ${p.reason}`,
    hint: p.known
      ? "your login lacks the permission: check the name, and log in as a user who may"
      : "it is private or does not exist: check the name, and log in with `layerwright login`",
  }),
  REGISTRY_REFUSED: (p: { repository: string; action: string; status: number; reason: string }) => ({
    message: `the registry refused to ${p.action} ${p.repository}: it answers ${p.status}${said(p.reason)}`,
    hint:
      p.status === 413
        ? `a proxy in front of the registry limits the size of a request: set a smaller "chunkBytes" for it in registries.json, or raise the limit there`
        : "see its answer above; its log may say more",
  }),
  REGISTRY_FAILED: (p: {
    repository: string;
    action: string;
    status: number;
    attempts: number;
    known: boolean;
    reason: string;
  }) => ({
    message: `the registry failed to ${p.action} ${p.repository}: it answers ${p.status}${said(p.reason)}, at ${p.attempts === 1 ? "1 try" : `${p.attempts} tries`}`,
    hint: p.status === 429 ? limitHint(p.known) : "try again later: the fault is on the registry's side",
  }),
  REGISTRY_BUSY: (p: { registry: string; seconds: number; known?: boolean; reason?: string }) => ({
    message: `the registry ${p.registry} accepts no requests from you for ${p.seconds} s${said(p.reason ?? "")}`,
    hint: limitHint(p.known ?? false),
  }),
  STORAGE_REFUSED: (p: {
    registry: string;
    storage: string;
    action: string;
    status: number;
    reason: string;
  }) => ({
    message: `the storage ${p.storage} of ${p.registry} does not let you ${p.action} it: it answers ${p.status}${said(p.reason)}`,
    hint: "the registry itself let you in: check for a proxy, a firewall or a wrong clock between you and the storage, and try again",
  }),
  REGISTRY_SETTINGS_INVALID: (p: { path: string; reason: string }) => ({
    message: `the registry settings in ${p.path} are wrong: ${p.reason}`,
    hint: 'write {"registries": {"registry.example:5000": {"http": true}}}',
  }),
  PROXY_FAILED: (p: { proxy: string; reason: string }) => ({
    message: `the proxy ${p.proxy} cannot reach the registry: ${p.reason}`,
    hint: "check HTTPS_PROXY and HTTP_PROXY, or name the registry in NO_PROXY",
  }),
  MANIFEST_NOT_FOUND: (p: { reference: string }) => ({
    message: `the registry has no image ${p.reference}`,
    hint: "check the name and the tag",
  }),
  MANIFEST_WRONG: (p: { reference: string; reason: string }) => ({
    message: `the answer of the registry for ${p.reference} is not an image: ${p.reason}`,
    hint: "a proxy may answer in place of the registry, or the registry is damaged",
  }),
  BLOB_NOT_IN_REGISTRY: (p: { repository: string; digest: string }) => ({
    message: `the registry does not have ${p.digest} of ${p.repository}`,
    hint: "the image there is incomplete: push it again",
  }),
  BLOB_WRONG: (p: { repository: string; digest: string; reason: string }) => ({
    message: `the answer of the registry for ${p.digest} of ${p.repository} has other bytes: ${p.reason}`,
    hint: "a proxy may change bytes, or the registry is damaged",
  }),
  REDIRECT_REFUSED: (p: { registry: string; target: string; reason: string }) => ({
    message: `the redirect of ${p.registry} to ${p.target} is refused: ${p.reason}`,
    hint: "use the registry's own https address, or fix its configuration",
  }),
  TOKEN_SERVER_REFUSED: (p: { registry: string; server: string; reason: string }) => ({
    message: `the registry ${p.registry} asks for your login at ${p.server}, which is refused: ${p.reason}`,
    hint: `if you trust that server, list it as "tokenServers": ["${p.server}"] for ${p.registry} in registries.json`,
  }),
  TOKEN_FAILED: (p: { registry: string; server: string; reason: string }) => ({
    message: `${p.server} gave no token for ${p.registry}: ${p.reason}`,
    hint: "check your login with `layerwright login`",
  }),
};

/** The server's own words, after the status. */
function said(reason: string): string {
  return reason === "" ? "" : `, ${reason}`;
}

function limitHint(known: boolean): string {
  return known
    ? "you reached its rate limit: wait, or use a mirror"
    : "you reached its rate limit: wait, log in with `layerwright login` for a higher one, or use a mirror";
}

/** Messages: logins, and the files and helpers that hold them. */
export const credentialsMessages = {
  CREDENTIALS_UNREADABLE: (p: { path: string; reason: string }) => ({
    message: `the credentials in ${p.path} cannot be read: ${p.reason}`,
    hint: "make the file readable for your user, or name another directory with DOCKER_CONFIG",
  }),
  CREDENTIALS_INVALID: (p: { path: string; reason: string }) => ({
    message: `the credentials file ${p.path} ${p.reason}`,
    hint: "correct the file, or move it away and log in again",
  }),
  CREDENTIALS_UNWRITABLE: (p: { path: string; reason: string }) => ({
    message: `the credentials in ${p.path} cannot be written: ${p.reason}`,
    hint: "make its directory writable for your user, or name another directory with DOCKER_CONFIG",
  }),
  CREDENTIALS_LOCKED: (p: { path: string; lock: string; seconds: number }) => ({
    message: `the credentials in ${p.path} have been locked by another process for more than ${p.seconds} seconds`,
    hint: `wait for it, or if no such process exists, remove ${p.lock}`,
  }),
  CREDENTIAL_HELPER_INVALID: (p: { path: string; registry: string }) => ({
    message: `${p.path} names a credential helper for ${p.registry} that cannot be a program's name`,
    hint: 'write the part after "docker-credential-" into credsStore or credHelpers: letters, digits, "-", "_" and "."',
  }),
  CREDENTIAL_HELPER_MISSING: (p: { helper: string; registry: string; path: string }) => ({
    message: `the credential helper ${p.helper} for ${p.registry} is not on the PATH`,
    hint: `install it, or remove it from credsStore and credHelpers in ${p.path}`,
  }),
  CREDENTIAL_HELPER_FAILED: (p: { helper: string; registry: string; action: string; reason: string }) => ({
    message: `the credential helper ${p.helper} could not ${p.action} the credential of ${p.registry}: ${p.reason}`,
    hint: `run it by hand to see what it says: \`${p.helper} list\` prints registries and user names, no passwords`,
  }),
  LOGIN_INVALID: (p: { registry: string; reason: string }) => ({
    message: `the login to ${p.registry} is not valid: ${p.reason}`,
    hint: "give the user name and the password or access token that the registry gave you",
  }),
  LOGIN_REGISTRY_INVALID: (p: { registry: string; reason: string }) => ({
    message: `${JSON.stringify(p.registry)} is not a registry: ${p.reason}`,
    hint: 'name the host alone, with a port where it has one: "ghcr.io" or "localhost:5000"',
  }),
  LOGIN_INPUT_MISSING: (p: { missing: string; remedy: string }) => ({
    message: `the ${p.missing} is missing, and standard input is not a terminal`,
    hint: p.remedy,
  }),
};
