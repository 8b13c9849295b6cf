"""The stack: template, bundles, layers, and which labs it holds."""
