"""The policy: all rules, attendance, levels and prizes together, read from one YAML file into versions."""
