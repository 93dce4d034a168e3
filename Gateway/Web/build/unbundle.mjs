// Takes Material UI and React out of the one-file module in the panel-material-ui wheel, and leaves
// the rest of that module (date pickers, a grid, Panel's own widgets) behind.
//
//   node unbundle.mjs <panel-material-ui.bundle.js> <material-ui.d.ts> <output folder>
//
// What is wanted is what the declaration file declares. A top-level statement is kept when a wanted
// name reaches it; nothing inside a statement changes, nor the order of those kept. The folder is
// laid out as packages, so NODE_PATH is all a bundler needs to find them.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const ts = createRequire(import.meta.url)("/usr/share/nodejs/typescript");
const [bundlePath, declarationsPath, outputFolder] = process.argv.slice(2);
const bundle = parse(bundlePath, ts.ScriptKind.JS);
const parts = bundle.statements.flatMap(partsOf);
const { members, namespaces } = exportsOf(bundle);

const ownNames = ["React", "createRoot", "jsx", "jsxs", "Fragment", "CacheProvider", "createCache"];
const material = new Map([...namespaces.get("material_styles"), ...namespaces.get("material_ui")]);
const wanted = declaredNames(parse(declarationsPath, ts.ScriptKind.TS));
const unknown = wanted.filter((name) => !material.has(name));
if (unknown.length > 0) throw new Error(`The bundle has no ${unknown.join(", ")}.`);

const roots = [
  ...wanted.map((name) => material.get(name)),
  ...ownNames.map((name) => members.get(name).split(".")[0]),
];
const kept = reachable(parts, roots);

write("everything.js", [
  "/*! React (MIT, Meta Platforms), Material UI (MIT, Call-Em-All), Emotion (MIT). See /licenses.txt. */",
  ...kept.map((part) => part.text),
  ...ownNames.map((name) => `const own_${name} = ${members.get(name)};`),
  `export { ${ownNames.map((name) => `own_${name}`).join(", ")} };`,
  `export { ${wanted.map((name) => `${material.get(name)} as ${name}`).join(", ")} };`,
].join("\n"));
write("@mui/material/index.js", `export { ${wanted.join(", ")} } from "../../everything.js";`);
write("react/index.js", `import { own_React as React } from "../everything.js";
export default React;
export const { Component, Fragment, StrictMode, createContext, memo, useCallback, useContext, useEffect, useId,
  useLayoutEffect, useMemo, useReducer, useRef, useState } = React;`);
write("react/jsx-runtime.js",
  `export { own_jsx as jsx, own_jsxs as jsxs, own_Fragment as Fragment } from "../everything.js";`);
write("react-dom/client.js", `export { own_createRoot as createRoot } from "../everything.js";`);

write("@emotion/react/index.js",
  `export { own_CacheProvider as CacheProvider, own_createCache as createCache } from "../../everything.js";`);

/** One declaration or effect of the top level: what it declares, what it mentions, its text. */
function partsOf(statement) {
  const text = statement.getText(bundle);
  if (ts.isExportDeclaration(statement)) return [];
  if (ts.isFunctionDeclaration(statement)) {
    return [{ declares: [statement.name.text], mentions: identifiers(statement), text }];
  }
  if (ts.isVariableStatement(statement)) {
    const keyword = text.startsWith("var") ? "var" : text.startsWith("let") ? "let" : "const";
    return statement.declarationList.declarations.map((declaration) => ({
      declares: [...identifiers(declaration.name)],
      mentions: identifiers(declaration),
      text: `${keyword} ${declaration.getText(bundle)};`,
    }));
  }
  const namespace = namespaceDefinition(statement);
  return [{ declares: [], changes: namespace?.name, mentions: identifiers(statement), text: `;${text};` }];
}

/** An effect is kept with the first name it mentions that is kept; a namespace with its own name. */
function reachable(parts, roots) {
  const declarationOf = new Map(parts.flatMap((part) => part.declares.map((name) => [name, part])));
  const effectsOn = new Map();
  for (const part of parts.filter((part) => part.declares.length === 0)) {
    for (const name of part.changes ? [part.changes] : part.mentions) {
      effectsOn.set(name, [...(effectsOn.get(name) ?? []), part]);
    }
  }
  const kept = new Set();
  const names = new Set(roots);
  for (const name of names) { // Grows while it is walked, until nothing new is reached.
    for (const part of [declarationOf.get(name), ...(effectsOn.get(name) ?? [])]) {
      if (!part || kept.has(part)) continue;
      kept.add(part);
      part.mentions.forEach((mentioned) => names.add(mentioned));
    }
  }
  return parts.filter((part) => kept.has(part));
}

/** The wheel has one default export, an object; two of its members are esbuild namespaces. */
function exportsOf(bundle) {
  const exported = bundle.statements.find(ts.isExportDeclaration).exportClause.elements[0].propertyName.text;
  const members = new Map();
  ts.forEachChild(bundle, (statement) => {
    if (!ts.isVariableStatement(statement)) return;
    for (const declaration of statement.declarationList.declarations) {
      if (declaration.name.text !== exported) continue;
      for (const member of declaration.initializer.properties) {
        members.set(member.name.text, member.initializer.getText(bundle));
      }
    }
  });
  const defined = bundle.statements.map(namespaceDefinition).filter(Boolean);
  const namespaces = new Map(["material_ui", "material_styles"].map((name) =>
    [name, defined.find((namespace) => namespace.name === members.get(name)).entries]));
  return { members, namespaces };
}

/** `define(namespace, { Button: () => local, … })`, which is how esbuild writes `import * as`. */
function namespaceDefinition(statement) {
  if (!ts.isExpressionStatement(statement) || !ts.isCallExpression(statement.expression)) return undefined;
  const [name, object] = statement.expression.arguments;
  if (!name || !object || !ts.isIdentifier(name) || !ts.isObjectLiteralExpression(object)) return undefined;
  const isGetter = (entry) => ts.isPropertyAssignment(entry) && ts.isArrowFunction(entry.initializer);
  if (!object.properties.every(isGetter)) return undefined;
  const entries = object.properties.map((entry) => [entry.name.text, entry.initializer.body.getText(bundle)]);
  return { name: name.text, entries: new Map(entries) };
}

/** Blind to scopes: a local of the same name keeps a little too much, never too little. */
function identifiers(node, found = new Set()) {
  if (ts.isIdentifier(node)) {
    const { parent } = node;
    const isMember = ts.isPropertyAccessExpression(parent) && parent.name === node;
    const isKey = ts.isPropertyAssignment(parent) && parent.name === node;
    if (!isMember && !isKey) found.add(node.text);
  }
  ts.forEachChild(node, (child) => { identifiers(child, found); });
  return found;
}

function declaredNames(declarations) {
  const body = declarations.statements.find(ts.isModuleDeclaration).body;
  return body.statements.flatMap((statement) => {
    if (ts.isVariableStatement(statement)) return statement.declarationList.declarations.map((it) => it.name.text);
    return ts.isFunctionDeclaration(statement) ? [statement.name.text] : [];
  });
}

function parse(path, kind) {
  return ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.ESNext, true, kind);
}

function write(name, text) {
  const path = join(outputFolder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
