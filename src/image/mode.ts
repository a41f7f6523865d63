/**
 * Permission bits: a number 0 to 0o7777, or symbolic clauses as chmod(1) takes them (`u=rwX,go=rX`), which are
 * applied to the mode that each file has.
 */
export type Mode = { readonly octal: number } | { readonly symbolic: string };
