// SPDX-License-Identifier: Apache-2.0
// What programs in Node take the path of a request for: test/e2e/rig/readers/__init__.py asks.
const http = require("http");
const path = require("path");
const querystring = require("querystring");
const url = require("url");

const bytes = (target) => Buffer.from(unescape(target), "latin1");
const parsed = (text) => new URL(text, "http://app.test/").pathname;
const once = decodeURIComponent;

const habits = {
  decoded: (target) => once(target),
  "decoded again": (target) => once(once(target)),
  "errors replaced": (target) => querystring.unescape(target),
  parsed: (target) => once(parsed(target)),
  "decoded, then parsed": (target) => once(parsed(once(target))),
  "decoded twice, then parsed": (target) => once(parsed(once(once(target)))),
  "as an old URL": (target) => url.parse(once(target)).pathname,
  normalised: (target) => path.posix.normalize(once(target)),
  "on Windows": (target) => path.win32.normalize(once(target)).replaceAll("\\", "/"),
  "in NFKC": (target) => path.posix.normalize(once(target).normalize("NFKC")),
  "parsed in NFKC": (target) => parsed(once(target).normalize("NFKC")),
  "before the NUL": (target) => path.posix.normalize(once(target).split("\0")[0]),
  "from bytes": (target) => path.posix.normalize(bytes(target).toString("utf8").replaceAll("\ufffd", "")),
};

const read = (habit, target) => {
  try {
    return habit(target) ?? "";
  } catch {
    return "";
  }
};

http
  .createServer({ keepAliveTimeout: 60000 }, (request, response) => {
    const target = request.url;
    const found = Object.entries(habits).map(([name, habit]) => [name, read(habit, target)]);
    const body = JSON.stringify(Object.fromEntries(found));
    response.writeHead(200, { "Content-Length": Buffer.byteLength(body) });
    response.end(body);
  })
  .listen(Number(process.argv[2]), "127.0.0.1");
