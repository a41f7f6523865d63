import type { Leftover, PortedCase } from "./ported-case.js";

const installs: readonly Leftover[] = [
  {
    path: /^var\/log\/(alternatives\.log|dpkg\.log|apt\/(history|term)\.log|apt\/eipp\.log\.xz)$/,
    reason:
      "logs of apt and dpkg hold the time, and clean-in-layer removes them where nothing later uses them",
  },
  {
    path: /^var\/cache\/ldconfig\/aux-cache$/,
    reason: "the linker's cache holds inode numbers and times",
  },
];

const bytecode: readonly Leftover[] = [
  {
    path: /\/__pycache__\/[^/]+\.pyc$/,
    reason: "bytecode holds the time of its source",
  },
];

/** Ten Dockerfiles of the shapes that people have. */
export const portedCases: readonly PortedCase[] = [
  {
    name: "pnpm-service",
    title: "a service of a pnpm workspace",
    bases: ["node:22-bookworm"],
    edits: [
      {
        name: "a source file",
        files: ["services/api/src/server.js"],
        find: "listen(3000)",
        replace: "listen(3000); // NONCE",
      },
      {
        name: "a script of the build",
        files: ["Dockerfile", "image.ts"],
        find: "pnpm --filter api run build",
        replace: "pnpm --filter api run build && : NONCE",
      },
    ],
    leftovers: [
      {
        path: /^app\/node_modules\/\.modules\.yaml$/,
        reason: "pnpm writes when it last pruned its store",
      },
    ],
  },
  {
    name: "web-front-end",
    title: "a standalone web front end",
    bases: ["node:22-bookworm"],
    edits: [
      { name: "a source file", files: ["src/page.js"], find: '"hello"', replace: '"hello NONCE"' },
      {
        name: "a dependency file",
        files: ["package.json"],
        find: '"version": "1.0.0"',
        replace: '"version": "1.0.0-NONCE"',
      },
    ],
    leftovers: [],
  },
  {
    name: "python-service",
    title: "a Python service with a virtual environment",
    bases: ["python:3.11-bookworm"],
    edits: [
      { name: "a source file", files: ["app/__main__.py"], find: '"world"', replace: '"world NONCE"' },
      {
        name: "a dependency file",
        files: ["requirements.txt"],
        find: "./vendor/greeting",
        replace: "./vendor/greeting # NONCE",
      },
    ],
    leftovers: bytecode,
  },
  {
    name: "go-service",
    title: "a Go service",
    bases: ["golang:1.19-bookworm"],
    edits: [
      {
        name: "a source file",
        files: ["cmd/service/main.go"],
        find: 'Greet("world")',
        replace: 'Greet("NONCE")',
      },
      { name: "a dependency file", files: ["go.mod"], find: "go 1.19", replace: "go 1.19 // NONCE" },
    ],
    leftovers: [],
  },
  {
    name: "rust-service",
    title: "a Rust service with a dependency stage",
    bases: ["rust:1.63-bookworm", "debian:bookworm"],
    edits: [
      { name: "a source file", files: ["src/main.rs"], find: 'greet("world")', replace: 'greet("NONCE")' },
      {
        name: "a dependency",
        files: ["vendor/greeting/src/lib.rs"],
        find: "//! Says hello.",
        replace: "//! Says hello, NONCE.",
      },
    ],
    leftovers: [],
  },
  {
    name: "jvm-service",
    title: "a JVM service with layered jars",
    bases: ["openjdk:17-bookworm", "openjdk:17-jre-bookworm"],
    edits: [
      {
        name: "a source file",
        files: ["src/com/example/Service.java"],
        find: '"world"',
        replace: '"NONCE"',
      },
      {
        name: "a resource",
        files: ["resources/application.properties"],
        find: "8080",
        replace: "8080 # NONCE",
      },
    ],
    leftovers: [],
  },
  {
    name: "web-server",
    title: "a web server as its maintainers ship it",
    bases: ["debian:bookworm"],
    edits: [
      {
        name: "a script that is started",
        files: ["30-tune-worker-processes.sh"],
        find: "set -e",
        replace: "set -e # NONCE",
      },
    ],
    leftovers: installs,
  },
  {
    name: "database",
    title: "a database image with user, helper and locale steps",
    bases: ["debian:bookworm"],
    edits: [
      {
        name: "a middle command",
        files: ["Dockerfile", "image.ts"],
        find: "gosu nobody true",
        replace: "gosu nobody true NONCE",
      },
      {
        name: "the entry point",
        files: ["docker-entrypoint.sh"],
        find: "set -e",
        replace: "set -e # NONCE",
      },
    ],
    leftovers: installs,
  },
  {
    name: "ruby-app",
    title: "a Ruby application",
    bases: ["ruby:3.1-bookworm"],
    edits: [
      { name: "a source file", files: ["server.rb"], find: '"world"', replace: '"NONCE"' },
      { name: "a dependency file", files: ["Gemfile"], find: "# frozen", replace: "# NONCE\n# frozen" },
    ],
    leftovers: installs,
  },
  {
    name: "onbuild-service",
    title: "a base with ONBUILD, an ARG before FROM",
    bases: ["node:22-onbuild"],
    edits: [
      { name: "a source file", files: ["server.js"], find: "isOdd(3)", replace: "isOdd(3) /* NONCE */" },
      {
        name: "a dependency file",
        files: ["package.json"],
        find: '"version": "1.0.0"',
        replace: '"version": "1.0.0-NONCE"',
      },
    ],
    leftovers: [],
  },
];
