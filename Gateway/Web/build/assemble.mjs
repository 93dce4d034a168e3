// Writes the HTML of each page: a template with the names that the bundler gave its files.
//
//   node assemble.mjs <esbuild metafile> <folder of templates> <dist>
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

const [metafilePath, templates, dist] = process.argv.slice(2);
const { outputs } = JSON.parse(readFileSync(metafilePath, "utf8"));

const favicon = readFileSync(join(templates, "favicon.svg"));
const faviconHash = createHash("sha256").update(favicon).digest("hex").slice(0, 8).toUpperCase();
const names = new Map([["favicon", `assets/favicon-${faviconHash}.svg`]]);
writeFileSync(join(dist, names.get("favicon")), favicon);

for (const page of ["visitor", "console"]) {
  const [path, output] = Object.entries(outputs).find(([, output]) => output.entryPoint?.endsWith(`${page}/main.tsx`));
  const shared = output.imports.find((imported) => imported.kind === "import-statement");
  names.set(`${page}.js`, asset(path));
  names.set(`${page}.css`, asset(output.cssBundle ?? styleSheetBeside(page)));
  names.set(`${page}.shared.js`, asset(shared.path));
}
write("index.html", "visitor.html");
write("console.html", "console.html");

/** esbuild names the style sheet after the page; not every version says so in the metafile. */
function styleSheetBeside(page) {
  return Object.keys(outputs).find((path) => basename(path).startsWith(`${page}-`) && path.endsWith(".css"));
}

function asset(path) {
  return `assets/${basename(path)}`;
}

function write(name, template) {
  const html = readFileSync(join(templates, template), "utf8").replace(/{{(.+?)}}/g, (_, key) => {
    if (!names.has(key)) throw new Error(`${template} asks for ${key}, which nothing made.`);
    return names.get(key);
  });
  writeFileSync(join(dist, name), html);
}
