-- Telling the forum: endpoints, messages, deliveries, and up to where the outbox has been told.
CREATE TABLE webhook_endpoint (
    endpoint_id UUID NOT NULL,
    url TEXT NOT NULL,
    types JSONB NOT NULL,
    secret BYTEA NOT NULL,
    previous_secret BYTEA,
    previous_until TIMESTAMP WITH TIME ZONE,
    created_by TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    disabled_at TIMESTAMP WITH TIME ZONE,
    disabled_for TEXT,
    paused_until TIMESTAMP WITH TIME ZONE,
    leased_until TIMESTAMP WITH TIME ZONE,
    CONSTRAINT webhook_endpoint_pkey PRIMARY KEY (endpoint_id)
);

CREATE TABLE webhook_message (
    message_id UUID NOT NULL,
    type TEXT NOT NULL,
    account_id UUID,
    number BIGINT,
    data JSONB NOT NULL,
    occurred_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT webhook_message_pkey PRIMARY KEY (message_id),
    CONSTRAINT webhook_message_account_id_number_key UNIQUE (account_id, number),
    CONSTRAINT webhook_message_number_check CHECK ((account_id is null) = (number is null))
);
CREATE INDEX webhook_message_created_at_idx ON webhook_message (created_at);

CREATE TABLE webhook_number (
    account_id UUID NOT NULL,
    number BIGINT NOT NULL,
    CONSTRAINT webhook_number_pkey PRIMARY KEY (account_id)
);

CREATE TABLE webhook_delivery (
    endpoint_id UUID NOT NULL,
    message_id UUID NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER DEFAULT '0' NOT NULL,
    next_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT webhook_delivery_pkey PRIMARY KEY (endpoint_id, message_id),
    CONSTRAINT webhook_delivery_state_check CHECK (state in ('waiting', 'delivered', 'failed')),
    CONSTRAINT webhook_delivery_next_check CHECK ((state = 'waiting') = (next_at is not null)),
    CONSTRAINT webhook_delivery_endpoint_id_fkey FOREIGN KEY(endpoint_id) REFERENCES webhook_endpoint (endpoint_id) ON DELETE CASCADE,
    CONSTRAINT webhook_delivery_message_id_fkey FOREIGN KEY(message_id) REFERENCES webhook_message (message_id) ON DELETE CASCADE
);
CREATE INDEX webhook_delivery_message_idx ON webhook_delivery (message_id);
CREATE INDEX webhook_delivery_waiting_idx ON webhook_delivery (endpoint_id, next_at, message_id) WHERE state = 'waiting';

CREATE TABLE webhook_attempt (
    attempt_id BIGINT GENERATED ALWAYS AS IDENTITY,
    endpoint_id UUID NOT NULL,
    message_id UUID NOT NULL,
    began_at TIMESTAMP WITH TIME ZONE NOT NULL,
    took_ms INTEGER NOT NULL,
    status INTEGER,
    error TEXT,
    CONSTRAINT webhook_attempt_pkey PRIMARY KEY (attempt_id),
    CONSTRAINT webhook_attempt_endpoint_id_fkey FOREIGN KEY(endpoint_id) REFERENCES webhook_endpoint (endpoint_id) ON DELETE CASCADE,
    CONSTRAINT webhook_attempt_message_id_fkey FOREIGN KEY(message_id) REFERENCES webhook_message (message_id) ON DELETE CASCADE
);
CREATE INDEX webhook_attempt_endpoint_idx ON webhook_attempt (endpoint_id, attempt_id);
CREATE INDEX webhook_attempt_message_idx ON webhook_attempt (message_id);

CREATE TABLE webhook_sight (
    one_row BOOLEAN DEFAULT true NOT NULL,
    generation INTEGER NOT NULL,
    snapshot TEXT NOT NULL,
    CONSTRAINT webhook_sight_pkey PRIMARY KEY (one_row),
    CONSTRAINT webhook_sight_single_check CHECK (one_row)
);
