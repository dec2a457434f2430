-- Where and with what somebody of the staff signed in, so that they know their own sign-ins from a stranger's.
ALTER TABLE staff_session ADD COLUMN address TEXT;
ALTER TABLE staff_session ADD COLUMN agent TEXT;
ALTER TABLE staff_session ADD COLUMN last_used_at TIMESTAMP WITH TIME ZONE;

-- Why a member is suspended, in words that can be erased; the audit keeps only a choice of grounds.
ALTER TABLE member ADD COLUMN suspended_for TEXT;

-- What was done about one member, product or season. The audit is small beside the ledger, and staff alone write it.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX audit_about_idx ON audit (about, audit_id);

-- Failed sign-ins of staff, for a day: they slow down whoever guesses.
CREATE TABLE sign_in_failure (
    failure_id BIGINT GENERATED ALWAYS AS IDENTITY NOT NULL,
    name TEXT NOT NULL,
    address TEXT NOT NULL,
    failed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT sign_in_failure_pkey PRIMARY KEY (failure_id)
);
CREATE INDEX sign_in_failure_name_idx ON sign_in_failure (name, failed_at);
CREATE INDEX sign_in_failure_address_idx ON sign_in_failure (address, failed_at);

-- Pictures by the SHA-256 of their content, so that an address never shows another picture.
CREATE TABLE picture (
    digest BYTEA NOT NULL,
    media_type TEXT NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    content BYTEA NOT NULL,
    added_by TEXT NOT NULL,
    added_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT picture_pkey PRIMARY KEY (digest),
    CONSTRAINT picture_size_check CHECK (width > 0 AND height > 0)
);

-- Each time that everything was compared with the ledger, and what was found.
CREATE TABLE verification (
    verification_id BIGINT GENERATED ALWAYS AS IDENTITY NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    finished_at TIMESTAMP WITH TIME ZONE NOT NULL,
    rows BIGINT NOT NULL,
    ranking_compared BOOLEAN NOT NULL,
    findings INTEGER NOT NULL,
    first_finding TEXT,
    CONSTRAINT verification_pkey PRIMARY KEY (verification_id)
);
CREATE INDEX verification_finished_at_idx ON verification (finished_at);
