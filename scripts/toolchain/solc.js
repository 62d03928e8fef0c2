#!/usr/bin/env node
// The Solidity compiler of package.json with the command line that py-solc-x, Ape and forge expect
// of a native solc. npm's own `solcjs` differs from it in its options, its version line and in how
// it reports errors.
"use strict";

const fs = require("node:fs");
const path = require("node:path");

const HELP = `solc, the Solidity compiler (JavaScript build)

Usage: solc --standard-json [--base-path PATH] [--include-path PATH]... [FILE]
       solc --version | --help

  --standard-json      Read a compilation job as JSON from FILE or standard input, answer in JSON.
  --base-path PATH     Where imports are looked for first. Default: the working directory.
  --include-path PATH  Where imports are looked for next. May be repeated.
  --allow-paths PATHS  Accepted and ignored: imports come from the two options above alone.
`;

// A pipe takes 64 KiB at a time: process.stdout.write followed by an exit would lose the rest.
function writeAll(descriptor, text) {
  const bytes = Buffer.from(text, "utf8");
  let written = 0;
  while (written < bytes.length) {
    try {
      written += fs.writeSync(descriptor, bytes, written);
    } catch (error) {
      if (error.code !== "EAGAIN") throw error;
    }
  }
}

function fail(message) {
  writeAll(2, `Error: ${message}\n`);
  process.exit(1);
}

function parseArguments(words) {
  const options = { mode: null, basePath: ".", includePaths: [], file: null };
  const rest = words.flatMap((word) => {
    const equals = word.startsWith("--") ? word.indexOf("=") : -1;
    return equals < 0 ? [word] : [word.slice(0, equals), word.slice(equals + 1)];
  });
  const valueOf = (option) => {
    if (rest.length === 0) fail(`the option '${option}' needs a value`);
    return rest.shift();
  };
  while (rest.length > 0) {
    const word = rest.shift();
    if (["--version", "--help", "--standard-json"].includes(word)) options.mode ??= word;
    else if (word === "--base-path") options.basePath = valueOf(word);
    else if (word === "--include-path") options.includePaths.push(valueOf(word));
    else if (word === "--allow-paths") valueOf(word);
    else if (word.startsWith("-") && word !== "-") fail(`unrecognised option '${word}'`);
    else options.file = word === "-" ? null : word;
  }
  return options;
}

function importer(roots) {
  return (name) => {
    for (const root of roots.map((each) => path.resolve(each))) {
      const file = path.resolve(root, name);
      const inside = file.startsWith(root.endsWith(path.sep) ? root : root + path.sep);
      if (inside && fs.existsSync(file)) return { contents: fs.readFileSync(file, "utf8") };
    }
    return { error: `File not found: ${name}` };
  };
}

function main() {
  const options = parseArguments(process.argv.slice(2));
  if (options.mode === "--help") return writeAll(1, HELP);
  if (options.mode === null) fail("only --standard-json, --version and --help are supported");

  // Emscripten's exception handlers would hide this program's own errors.
  const listeners = process.listeners("uncaughtException");
  const solc = require("solc");
  process.removeAllListeners("uncaughtException");
  listeners.forEach((listener) => process.on("uncaughtException", listener));

  if (options.mode === "--version") {
    const version = solc.version().replace(".Emscripten.clang", "");
    return writeAll(
      1,
      `solc, the solidity compiler commandline interface\nVersion: ${version}.Emscripten.clang\n`,
    );
  }
  const job = fs.readFileSync(options.file ?? 0, "utf8");
  const roots = [options.basePath, ...options.includePaths];
  return writeAll(1, `${solc.compile(job, { import: importer(roots) })}\n`);
}

main();
