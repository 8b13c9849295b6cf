"""Deploy the stack: its template, bundles and layers, and the labs that it contains."""
