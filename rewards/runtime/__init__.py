"""What every process of the service needs from its surroundings: settings, clock, database, Redis, logs."""
