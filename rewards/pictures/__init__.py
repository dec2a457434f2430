"""Pictures that staff upload: drawn anew before they are kept, and read by their address."""
