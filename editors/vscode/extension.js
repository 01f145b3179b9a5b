// Starts `marginc lsp` for YAML files and hands VS Code's questions to it.

"use strict";

const path = require("node:path");
const vscode = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

/** The command that settings name: a path that begins with a dot stands in the first folder of the workspace. */
function command() {
  const name = vscode.workspace.getConfiguration("marginc").get("command", "marginc");
  const folder = vscode.workspace.workspaceFolders?.[0];
  return name.startsWith(".") && folder ? path.join(folder.uri.fsPath, name) : name;
}

async function start() {
  const server = { command: command(), args: ["lsp"] };
  const options = {
    documentSelector: [{ scheme: "file", language: "yaml" }],
    synchronize: { fileEvents: vscode.workspace.createFileSystemWatcher("**/*.{yaml,yml}") },
  };
  client = new LanguageClient("marginc", "marginc", server, options);
  try {
    await client.start();
  } catch (error) {
    client = undefined;
    vscode.window.showErrorMessage(
      `marginc: \`${server.command} lsp\` does not start (${error.message}). ` +
        "Install it with `pip install 'marginc[lsp]'`, or name it in the setting marginc.command.",
    );
  }
}

async function stop() {
  const running = client;
  client = undefined;
  await running?.stop();
}

async function activate(context) {
  context.subscriptions.push(
    vscode.commands.registerCommand("marginc.restart", async () => {
      await stop();
      await start();
    }),
    vscode.workspace.onDidChangeConfiguration(async (change) => {
      if (change.affectsConfiguration("marginc.command")) {
        await stop();
        await start();
      }
    }),
  );
  await start();
}

module.exports = { activate, deactivate: stop };
