"""The language server: what editors ask about rulebooks while they are written. `marginc lsp` runs it."""
