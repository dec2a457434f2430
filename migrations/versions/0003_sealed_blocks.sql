-- Signed Merkle roots over the heads of the accounts that changed since the block before.
CREATE TABLE block (
    height BIGINT NOT NULL,
    previous BYTEA NOT NULL,
    root BYTEA NOT NULL,
    leaves INTEGER NOT NULL,
    sealed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    hash BYTEA NOT NULL,
    key_id TEXT NOT NULL,
    signature BYTEA NOT NULL,
    generation INTEGER,
    snapshot TEXT,
    CONSTRAINT block_pkey PRIMARY KEY (height),
    CONSTRAINT block_counts_check CHECK (height > 0 and leaves > 0),
    CONSTRAINT block_links_check CHECK (octet_length(previous) = 32 and octet_length(root) = 32),
    CONSTRAINT block_signed_check CHECK (octet_length(hash) = 32 and octet_length(signature) = 64)
);

CREATE TABLE block_leaf (
    height BIGINT NOT NULL,
    account_id UUID NOT NULL,
    version BIGINT NOT NULL,
    head BYTEA NOT NULL,
    decisions BIGINT NOT NULL,
    decision_head BYTEA NOT NULL,
    CONSTRAINT block_leaf_pkey PRIMARY KEY (height, account_id),
    CONSTRAINT block_leaf_height_fkey FOREIGN KEY (height) REFERENCES block (height)
);
CREATE INDEX block_leaf_account_idx ON block_leaf (account_id, height);

CREATE TRIGGER block_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON block
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE block ENABLE ALWAYS TRIGGER block_append_only;

CREATE TRIGGER block_leaf_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON block_leaf
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE block_leaf ENABLE ALWAYS TRIGGER block_leaf_append_only;
